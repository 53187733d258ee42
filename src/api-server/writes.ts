// POST, PUT and PATCH: a body becomes a write through the store's doors, and its outcome an answer. It judges no object itself.
import { type ApiStatus, makeFailure } from "../apis/meta/api-status.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import type { ObjectStore, Outcome } from "../control-plane/store/object-store.ts";
import { makeNotFound } from "../control-plane/store/refusals.ts";
import { type Answer, type ApiRequest, json, refuse } from "./answer.ts";
import { checkFields } from "./field-validation.ts";
import { decodeObject } from "./object-body.ts";
import { applyPatchBody } from "./patch-document.ts";
import { keyOfTarget, type NamedTarget, type Target } from "./target.ts";

export interface Writing {
  readonly store: ObjectStore;
  /** Paths of fields that no schema knows, as `spec.template.foo`. Absent: fields are not checked. */
  readonly unknownFields?: (object: AnyObject) => readonly string[];
}
interface Options {
  readonly user: string;
  readonly dryRun: boolean;
}
type Body = { readonly object: AnyObject } | { readonly refused: ApiStatus };

export function createObject(writing: Writing, request: ApiRequest, target: Target): Answer {
  const put = (object: AnyObject, options: Options): Outcome => writing.store.create(object, options);
  return written(writing, request, decodeObject(request, target), { code: 201, put });
}

export function replaceObject(writing: Writing, request: ApiRequest, target: NamedTarget): Answer {
  const put = (object: AnyObject, options: Options): Outcome => update(writing.store, target, object, options);
  return written(writing, request, decodeObject(request, target), { code: 200, put });
}

export function patchObject(writing: Writing, request: ApiRequest, target: NamedTarget): Answer {
  const key = keyOfTarget(target);
  const old = writing.store.get(key.kind, key.namespace, key.name) as AnyObject | undefined;
  if (!old) return refuse(makeNotFound(key));
  const put = (object: AnyObject, options: Options): Outcome => update(writing.store, target, object, options);
  return written(writing, request, applyPatchBody(request, target.resource, old), { code: 200, put });
}

/** What every write has in common: fields are checked, options read, and the outcome becomes the answer. */
function written(
  { unknownFields }: Writing,
  request: ApiRequest,
  body: Body,
  { code, put }: { readonly code: number; readonly put: (object: AnyObject, options: Options) => Outcome },
): Answer {
  if ("refused" in body) return refuse(body.refused);
  const fields = checkFields(unknownFields, request, body.object);
  if ("refused" in fields) return refuse(fields.refused);
  const dryRun = isDryRun(request.query.getAll("dryRun"));
  if (typeof dryRun !== "boolean") return refuse(dryRun.refused);
  const outcome = put(body.object, { user: request.user, dryRun });
  if ("refused" in outcome) return { ...refuse(outcome.refused), warnings: fields.warnings } as Answer;
  return json(code, outcome.object, [...fields.warnings, ...outcome.warnings]);
}

/** Whether the values of `dryRun` ask for one; 400 for a value that is not `All`. */
export function isDryRun(values: readonly string[]): boolean | { readonly refused: ApiStatus } {
  const given = values.filter((value) => value !== "");
  const unknown = given.find((value) => value !== "All");
  if (unknown === undefined) return given.length > 0;
  const text = `dryRun: Unsupported value: ${JSON.stringify(unknown)}: supported values: "All"`;
  return { refused: makeFailure("BadRequest", text) };
}

/** The whole object, or only its status, as the path says. */
function update(store: ObjectStore, target: NamedTarget, object: AnyObject, options: Options): Outcome {
  if (target.subresource !== "status") return store.update(object, options);
  const { uid, resourceVersion } = object.metadata;
  return store.writeStatus(keyOfTarget(target), object.status, {
    ...options,
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  });
}
