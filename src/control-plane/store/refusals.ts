// Makes the Status objects with which the store refuses calls, with Kubernetes' texts.
import { type Kind, resourceOf } from "../../apis/kinds.ts";
import { type ApiStatus, makeFailure, type StatusCause } from "../../apis/meta/api-status.ts";
import type { ObjectKey } from "../../apis/meta/key.ts";
import type { AnyObject } from "../../apis/meta/object.ts";
import type { DeleteOptions } from "./deletion.ts";
import type { StatusPreconditions } from "./outcome.ts";

/** Returns the name of a resource in messages: `services.serving.knative.dev`. */
function resourceText(kind: Kind): string {
  const { group, plural } = parts(kind);
  return group === "" ? plural : `${plural}.${group}`;
}

function parts(kind: Kind): { readonly group: string; readonly plural: string } {
  const resource = resourceOf(kind);
  if (resource) return resource;
  const dot = kind.indexOf(".");
  const name = dot < 0 ? kind : kind.slice(0, dot);
  return { group: dot < 0 ? "" : kind.slice(dot + 1), plural: `${name.toLowerCase()}s` };
}

/** Returns `details` of a Status. The field `kind` is the plural resource name, as in Kubernetes. */
export function detailsOf(key: Pick<ObjectKey, "kind" | "name">): NonNullable<ApiStatus["details"]> {
  const { group, plural } = parts(key.kind);
  return { name: key.name, ...(group === "" ? {} : { group }), kind: plural };
}

export function makeNotFound(key: ObjectKey): ApiStatus {
  return makeFailure("NotFound", `${resourceText(key.kind)} "${key.name}" not found`, detailsOf(key));
}

export function makeAlreadyExists(key: ObjectKey): ApiStatus {
  return makeFailure("AlreadyExists", `${resourceText(key.kind)} "${key.name}" already exists`, detailsOf(key));
}

/** Returns a 409: the write names another resourceVersion or uid than the stored one. */
export function makeConflict(key: ObjectKey, why: string): ApiStatus {
  const message = `Operation cannot be fulfilled on ${resourceText(key.kind)} "${key.name}": ${why}`;
  return makeFailure("Conflict", message, detailsOf(key));
}

const STALE = "the object has been modified; please apply your changes to the latest version and try again";

export function makeForbidden(key: ObjectKey, why: string): ApiStatus {
  return makeFailure("Forbidden", `${resourceText(key.kind)} "${key.name}" is forbidden: ${why}`, detailsOf(key));
}

/** Returns a 422 with one cause per field. */
export function makeInvalid(key: ObjectKey, causes: readonly Required<StatusCause>[]): ApiStatus {
  const texts = causes.map((cause) => `${cause.field}: ${cause.message}`);
  const list = texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`;
  const { group } = parts(key.kind);
  const kind = key.kind.split(".")[0] as string;
  return makeFailure("Invalid", `${key.kind} "${key.name}" is invalid: ${list}`, {
    ...(key.name === "" ? {} : { name: key.name }),
    ...(group === "" ? {} : { group }),
    kind,
    causes,
  });
}

/** Returns a 410: the history no longer has the events after `since`. */
export function makeExpired(since: number, oldest: number): ApiStatus {
  return makeFailure("Expired", `too old resource version: ${since} (${oldest})`);
}

/** Returns a 409 if a write names another resourceVersion or uid than the stored one. */
export function conflictOf(key: ObjectKey, old: AnyObject, given: StatusPreconditions): ApiStatus | undefined {
  const { uid, resourceVersion } = old.metadata;
  if (given.uid && given.uid !== uid) {
    return makeConflict(key, `Precondition failed: UID in precondition: ${given.uid}, UID in object meta: ${uid}`);
  }
  const stale = given.resourceVersion && given.resourceVersion !== resourceVersion;
  return stale ? makeConflict(key, STALE) : undefined;
}

/** Returns a 409 if a delete names another resourceVersion or uid than the stored one. `details.kind` is the kind. */
export function preconditionOf(key: ObjectKey, old: AnyObject, options: DeleteOptions): ApiStatus | undefined {
  const { uid, resourceVersion } = old.metadata;
  const kind = key.kind.split(".")[0] as string;
  const conflict = (what: string, given: string, stored: string | undefined, why: string): ApiStatus => {
    const mismatch = `the ${what} in the precondition (${given}) does not match the ${what} in record (${stored})`;
    const message = `Operation cannot be fulfilled on ${key.kind} "${key.name}": ${mismatch}. The object might have been ${why}`;
    return makeFailure("Conflict", message, { ...detailsOf(key), kind });
  };
  if (options.uid !== undefined && options.uid !== uid) {
    return conflict("UID", options.uid, uid, "deleted and then recreated");
  }
  if (options.resourceVersion !== undefined && options.resourceVersion !== resourceVersion) {
    return conflict("ResourceVersion", options.resourceVersion, resourceVersion, "modified");
  }
  return undefined;
}

/** Returns a 422 if the write adds a finalizer to an object that is being deleted. */
export function lateFinalizerOf(key: ObjectKey, old: AnyObject, next: AnyObject): ApiStatus | undefined {
  if (old.metadata.deletionTimestamp === undefined) return undefined;
  const had = new Set(old.metadata.finalizers);
  const late = (next.metadata.finalizers ?? []).filter((finalizer) => !had.has(finalizer));
  if (late.length === 0) return undefined;
  const list = late.map((finalizer) => JSON.stringify(finalizer)).join(", ");
  const message = `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`;
  return makeInvalid(key, [{ reason: "FieldValueForbidden", field: "metadata.finalizers", message }]);
}
