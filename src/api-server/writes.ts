// POST, PUT and PATCH: decodes the body, writes it to the store and returns the result. Admission happens in the store.
import { type ApiStatus, makeFailure } from "../apis/meta/api-status.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import type { ObjectStore, WriteOutcome } from "../control-plane/store/object-store.ts";
import { makeNotFound } from "../control-plane/store/refusals.ts";
import { type ApiAnswer, type ApiRequest, json, statusAnswer } from "./api-answer.ts";
import { decodeObject } from "./object-body.ts";
import { applyPatchBody } from "./patch-document.ts";
import { keyOfPath, type ObjectPath, type ResourcePath } from "./resource-path.ts";

export interface WriteContext {
  readonly store: ObjectStore;
  /** Returns the paths of unknown fields, such as `spec.template.foo`. Absent: the server does not check fields. */
  readonly unknownFields: ((object: AnyObject) => readonly string[]) | undefined;
}
interface Options {
  readonly user: string;
  readonly dryRun: boolean;
}
type Body = { readonly object: AnyObject } | { readonly refused: ApiStatus };

export function createObject(context: WriteContext, request: ApiRequest, path: ResourcePath): ApiAnswer {
  const put = (object: AnyObject, options: Options): WriteOutcome => context.store.create(object, options);
  return write(context, request, decodeObject(request, path), { code: 201, put });
}

export function replaceObject(context: WriteContext, request: ApiRequest, path: ObjectPath): ApiAnswer {
  const put = (object: AnyObject, options: Options): WriteOutcome => update(context.store, path, object, options);
  return write(context, request, decodeObject(request, path), { code: 200, put });
}

export function patchObject(context: WriteContext, request: ApiRequest, path: ObjectPath): ApiAnswer {
  const key = keyOfPath(path);
  const old = context.store.get(key.kind, key.namespace, key.name) as AnyObject | undefined;
  if (!old) return statusAnswer(makeNotFound(key));
  const put = (object: AnyObject, options: Options): WriteOutcome => update(context.store, path, object, options);
  return write(context, request, applyPatchBody(request, path.resource, old), { code: 200, put });
}

/** Checks fields, parses options, writes the object and makes the answer. */
function write(
  { unknownFields }: WriteContext,
  request: ApiRequest,
  body: Body,
  { code, put }: { readonly code: number; readonly put: (object: AnyObject, options: Options) => WriteOutcome },
): ApiAnswer {
  if ("refused" in body) return statusAnswer(body.refused);
  const fields = checkFields(unknownFields, request, body.object);
  if ("refused" in fields) return statusAnswer(fields.refused);
  const dryRun = isDryRun(request.query.getAll("dryRun"));
  if (typeof dryRun !== "boolean") return statusAnswer(dryRun.refused);
  const outcome = put(body.object, { user: request.user, dryRun });
  if ("refused" in outcome) return { ...statusAnswer(outcome.refused), warnings: fields.warnings } as ApiAnswer;
  return json(code, outcome.object, [...fields.warnings, ...outcome.warnings]);
}

/** Whether the query parameter `dryRun` is set; a 400 for a value other than `All`. */
export function isDryRun(values: readonly string[]): boolean | { readonly refused: ApiStatus } {
  const given = values.filter((value) => value !== "");
  const unknown = given.find((value) => value !== "All");
  if (unknown === undefined) return given.length > 0;
  const text = `dryRun: Unsupported value: ${JSON.stringify(unknown)}: supported values: "All"`;
  return { refused: makeFailure("BadRequest", text) };
}

/** Replaces the object, or only its status if the path ends with `/status`. */
function update(store: ObjectStore, path: ObjectPath, object: AnyObject, options: Options): WriteOutcome {
  if (path.subresource !== "status") return store.update(object, options);
  const { uid, resourceVersion } = object.metadata;
  return store.writeStatus(keyOfPath(path), object.status, {
    ...options,
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  });
}

/**
 * The query parameter fieldValidation: Strict refuses unknown fields (400), Warn returns warnings, Ignore does not
 * check.
 */
function checkFields(
  unknownFields: WriteContext["unknownFields"],
  request: ApiRequest,
  object: AnyObject,
): { readonly warnings: readonly string[] } | { readonly refused: ApiStatus } {
  const mode = request.query.get("fieldValidation") || "Warn";
  if (!["Strict", "Warn", "Ignore"].includes(mode)) {
    const text = `fieldValidation: Unsupported value: ${JSON.stringify(mode)}: supported values: "Ignore", "Strict", "Warn"`;
    return { refused: makeFailure("Invalid", text) };
  }
  if (mode === "Ignore" || !unknownFields) return { warnings: [] };
  const findings = unknownFields(object).map((path) => `unknown field ${JSON.stringify(path)}`);
  if (mode === "Warn" || findings.length === 0) return { warnings: findings };
  const error = `strict decoding error: ${findings.join(", ")}`;
  const version = object.apiVersion.slice(object.apiVersion.indexOf("/") + 1);
  const sentence = `${object.kind} in version ${JSON.stringify(version)} cannot be handled as a ${object.kind}: ${error}`;
  return { refused: makeFailure("BadRequest", request.method === "PATCH" ? error : sentence) };
}
