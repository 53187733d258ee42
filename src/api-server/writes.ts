// POST, PUT and PATCH but server-side apply: decodes the body, writes it to the store and returns the result. Admission
// happens in the store.
import { metadataRefusal } from "../apis/admission.ts";
import { type ApiStatus, refuse } from "../apis/meta/api-status.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import { knownStatus } from "../apis/schema/schemas.ts";
import { withoutNullFields } from "../base/json.ts";
import { failed, ok, type Result } from "../base/result.ts";
import type { ObjectStore } from "../control-plane/store/object-store.ts";
import type { WriteOptions, WriteOutcome } from "../control-plane/store/outcome.ts";
import { makeNotFound } from "../control-plane/store/refusals.ts";
import { type ApiAnswer, type ApiRequest, json, statusAnswer } from "./api-answer.ts";
import { fieldManagerOf, fieldWrite, managerOfUpdate } from "./field-writer.ts";
import { decodeObject } from "./object-body.ts";
import { OPTIONS_OF, optionsRefusal } from "./options-refusal.ts";
import { applyPatchBody, patchTypeRefusal } from "./patch-document.ts";
import { bodyFindings } from "./request-body.ts";
import { keyOfPath, type ObjectPath, type ResourcePath } from "./resource-path.ts";
import { updateRefusal } from "./update-refusals.ts";

export interface WriteContext {
  readonly store: ObjectStore;
  /** Returns the paths of unknown fields, such as `spec.template.foo`. Absent: the server does not check fields. */
  readonly unknownFields: ((object: AnyObject) => readonly string[]) | undefined;
  readonly now: () => number;
}

export function createObject(context: WriteContext, request: ApiRequest, path: ResourcePath): ApiAnswer {
  const put = (object: AnyObject, options: WriteOptions): WriteOutcome => context.store.create(object, options);
  return write(context, request, path, { body: decodeObject(request, path), live: undefined, code: 201, put });
}

export function replaceObject(context: WriteContext, request: ApiRequest, path: ObjectPath): ApiAnswer {
  const put = (object: AnyObject, options: WriteOptions): WriteOutcome => update(context.store, path, object, options);
  const live = storedObject(context.store, path);
  const body = permitted(request, path, live, decodeObject(request, path));
  return write(context, request, path, { body, live, code: 200, put });
}

export function patchObject(context: WriteContext, request: ApiRequest, path: ObjectPath): ApiAnswer {
  const unsupported = patchTypeRefusal(request, path.resource);
  if (unsupported) return statusAnswer(unsupported);
  const live = storedObject(context.store, path);
  const patched = live ? applyPatchBody(request, path.resource, live) : failed(makeNotFound(keyOfPath(path)));
  const body = permitted(request, path, live, patched);
  const put = (object: AnyObject, options: WriteOptions): WriteOutcome => update(context.store, path, object, options);
  return write(context, request, path, { body, live, code: 200, put });
}

/** Returns the body unless it changes what no client can change. */
function permitted(
  { method }: ApiRequest,
  path: ObjectPath,
  live: AnyObject | undefined,
  body: Result<AnyObject, ApiStatus>,
): Result<AnyObject, ApiStatus> {
  if (!live || !body.ok || metadataRefusal(body.value)) return body;
  const refused = updateRefusal(path, method, live, body.value);
  return refused ? failed(refused) : body;
}

/** Returns the object of a path; undefined if there is none. */
export function storedObject(store: ObjectStore, path: ObjectPath): AnyObject | undefined {
  const { kind, namespace, name } = keyOfPath(path);
  return store.get(kind, namespace, name);
}

interface Write {
  readonly body: Result<AnyObject, ApiStatus>;
  /** The stored object; undefined for a create. */
  readonly live: AnyObject | undefined;
  readonly code: number;
  readonly put: (object: AnyObject, options: WriteOptions) => WriteOutcome;
}

/** Checks fields, parses options, writes the object and makes the answer. */
export function write(
  { unknownFields, now }: WriteContext,
  request: ApiRequest,
  path: ResourcePath,
  { body, live, code, put }: Write,
): ApiAnswer {
  const manager = fieldManagerOf(request);
  if (!manager.ok) return statusAnswer(manager.error);
  if (request.method === "PATCH" && request.query.has("force")) {
    const message = "Forbidden: may not be specified for non-apply patch";
    return statusAnswer(optionsRefusal("PatchOptions", [{ reason: "FieldValueForbidden", field: "force", message }]));
  }
  if (!body.ok) return statusAnswer(body.error);
  // The store uses the metadata before admission checks it.
  const malformed = metadataRefusal(body.value);
  if (malformed) return statusAnswer(malformed);
  const warnings = fieldWarnings(unknownFields, request, body.value);
  if (!warnings.ok) return statusAnswer(warnings.error);
  const dryRun = isDryRun(request.query.getAll("dryRun"), request.method);
  if (!dryRun.ok) return statusAnswer(dryRun.error);
  const by = fieldWrite(path, { manager: manager.value, operation: "Update", now: now() });
  const manage = managerOfUpdate(by, live, body.value);
  const outcome = put(body.value, { user: request.user, dryRun: dryRun.value, manage });
  if ("refused" in outcome) return json(outcome.refused.code, outcome.refused, warnings.value);
  return json(code, outcome.object, [...warnings.value, ...outcome.warnings]);
}

/** Returns true if `dryRun` is set. Fails with 422 for a value other than `All`. */
export function isDryRun(values: readonly string[], method: string): Result<boolean, ApiStatus> {
  const given = values.filter((value) => value !== "");
  const unknown = given.find((value) => value !== "All");
  if (unknown === undefined) return ok(given.length > 0);
  const message = `Unsupported value: ${JSON.stringify(unknown)}: supported values: "All"`;
  const cause = { reason: "FieldValueNotSupported", field: "dryRun", message };
  return failed(optionsRefusal(OPTIONS_OF[method] ?? "PatchOptions", [cause]));
}

/** Replaces the object, or only its status if the path ends with `/status`. */
export function update(store: ObjectStore, path: ObjectPath, object: AnyObject, options: WriteOptions): WriteOutcome {
  if (path.subresource !== "status") return store.update(object, options);
  const { uid, resourceVersion } = object.metadata;
  const status = knownStatus(path.resource.kind, withoutNullFields(object.status));
  return store.writeStatus(keyOfPath(path), status, { ...options, uid, resourceVersion });
}

/** Returns the query parameter `fieldValidation`, by default `Warn`. Fails with 422 for an unknown value. */
export function fieldValidationOf({ query, method }: ApiRequest): Result<string, ApiStatus> {
  const mode = query.get("fieldValidation") || "Warn";
  if (["Strict", "Warn", "Ignore"].includes(mode)) return ok(mode);
  const message = `Unsupported value: ${JSON.stringify(mode)}: supported values: "", "Ignore", "Strict", "Warn"`;
  const cause = { reason: "FieldValueNotSupported", field: "fieldValidation", message };
  return failed(optionsRefusal(OPTIONS_OF[method] ?? "PatchOptions", [cause]));
}

/** Checks unknown fields: fieldValidation=Strict refuses them (400), Warn returns warnings, Ignore does not check. */
function fieldWarnings(
  unknownFields: WriteContext["unknownFields"],
  request: ApiRequest,
  object: AnyObject,
): Result<readonly string[], ApiStatus> {
  const validation = fieldValidationOf(request);
  if (!validation.ok) return validation;
  const mode = validation.value;
  if (mode === "Ignore" || !unknownFields) return ok([]);
  const unknown = unknownFields(object).map((path) => `unknown field ${JSON.stringify(path)}`);
  const findings = [...bodyFindings(request), ...unknown];
  if (mode === "Warn" || findings.length === 0) return ok(findings);
  const error = `strict decoding error: ${findings.join(", ")}`;
  const version = object.apiVersion.slice(object.apiVersion.indexOf("/") + 1);
  const sentence = `${object.kind} in version ${JSON.stringify(version)} cannot be handled as a ${object.kind}: ${error}`;
  return refuse("BadRequest", request.method === "PATCH" ? error : sentence);
}
