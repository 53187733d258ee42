// What must hold before a write: the version and uid the writer means, and no new finalizer on an object that is going. Pure.

import type { ApiStatus } from "../../apis/meta/api-status.ts";
import type { ObjectKey } from "../../apis/meta/key.ts";
import type { AnyObject } from "../../apis/meta/object.ts";
import type { DeleteOptions } from "./deletion.ts";
import { makeConflict, makeInvalid, STALE } from "./refusals.ts";

/** 409 when a writer names another version or another object than the stored one. */
export function conflictOf(
  key: ObjectKey,
  old: AnyObject,
  given: { readonly resourceVersion?: string; readonly uid?: string },
): ApiStatus | undefined {
  const { uid, resourceVersion } = old.metadata;
  if (given.uid && given.uid !== uid) {
    return makeConflict(key, `Precondition failed: UID in precondition: ${given.uid}, UID in object meta: ${uid}`);
  }
  const stale = given.resourceVersion && given.resourceVersion !== resourceVersion;
  return stale ? makeConflict(key, STALE) : undefined;
}

/** 409 when a delete means another version or another object than the stored one. */
export function preconditionOf(key: ObjectKey, old: AnyObject, options: DeleteOptions): ApiStatus | undefined {
  const { uid, resourceVersion } = old.metadata;
  const text = (what: string, given: string, stored: string | undefined): string =>
    `Precondition failed: ${what} in precondition: ${given}, ${what} in object meta: ${stored}`;
  if (options.uid !== undefined && options.uid !== uid) {
    return makeConflict(key, text("UID", options.uid, uid));
  }
  if (options.resourceVersion !== undefined && options.resourceVersion !== resourceVersion) {
    return makeConflict(key, text("ResourceVersion", options.resourceVersion, resourceVersion));
  }
  return undefined;
}

/** 422 when an object that is being deleted would get a new finalizer. */
export function lateFinalizerOf(key: ObjectKey, old: AnyObject, next: AnyObject): ApiStatus | undefined {
  if (old.metadata.deletionTimestamp === undefined) return undefined;
  const had = old.metadata.finalizers ?? [];
  const late = (next.metadata.finalizers ?? []).filter((finalizer) => !had.includes(finalizer));
  if (late.length === 0) return undefined;
  const list = late.map((finalizer) => JSON.stringify(finalizer)).join(", ");
  const message = `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`;
  return makeInvalid(key, [{ reason: "FieldValueForbidden", field: "metadata.finalizers", message }]);
}
