// POST, PUT and PATCH: a body becomes a write through the store's doors, and its outcome an answer. It judges no object itself.
import { makeFailure } from "../apis/meta/api-status.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import type { ObjectStore, Outcome } from "../control-plane/store/object-store.ts";
import { makeNotFound } from "../control-plane/store/refusals.ts";
import { type Answer, type ApiRequest, json, refuse } from "./answer.ts";
import { checkFields } from "./field-validation.ts";
import { decodeObject } from "./object-body.ts";
import { applyPatchBody } from "./patch-document.ts";
import type { Target } from "./target.ts";

export interface Writing {
  readonly store: ObjectStore;
  /** Paths of fields that no schema knows, as `spec.template.foo`. Absent: fields are not checked. */
  readonly unknownFields?: (object: AnyObject) => readonly string[];
}
type NamedTarget = Target & { readonly name: string };

export function createObject(writing: Writing, request: ApiRequest, target: Target): Answer {
  const decoded = decodeObject(request, target);
  if ("refused" in decoded) return refuse(decoded.refused);
  const fields = checkFields(writing.unknownFields, request, decoded.object);
  if ("refused" in fields) return refuse(fields.refused);
  const options = writeOptions(request);
  if ("refused" in options) return options.refused;
  return outcomeAnswer(201, writing.store.create(decoded.object, options), fields.warnings);
}

export function replaceObject(writing: Writing, request: ApiRequest, target: NamedTarget): Answer {
  const decoded = decodeObject(request, target);
  if ("refused" in decoded) return refuse(decoded.refused);
  const fields = checkFields(writing.unknownFields, request, decoded.object);
  if ("refused" in fields) return refuse(fields.refused);
  const options = writeOptions(request);
  if ("refused" in options) return options.refused;
  return outcomeAnswer(200, write(writing.store, target, decoded.object, options), fields.warnings);
}

export function patchObject(writing: Writing, request: ApiRequest, target: NamedTarget): Answer {
  const key = { kind: target.resource.kind, namespace: target.namespace ?? "", name: target.name };
  const old = writing.store.get(key.kind, key.namespace, key.name) as AnyObject | undefined;
  if (!old) return refuse(makeNotFound(key));
  const patched = applyPatchBody(request, target.resource, old);
  if ("refused" in patched) return refuse(patched.refused);
  const fields = checkFields(writing.unknownFields, request, patched.object);
  if ("refused" in fields) return refuse(fields.refused);
  const options = writeOptions(request);
  if ("refused" in options) return options.refused;
  return outcomeAnswer(200, write(writing.store, target, patched.object, options), fields.warnings);
}

interface Options {
  readonly user: string;
  readonly dryRun: boolean;
}

/** Who writes and whether it counts; 400 for a dryRun that is not `All`. */
export function writeOptions(request: ApiRequest): Options | { readonly refused: Answer } {
  const dryRun = request.query.getAll("dryRun").filter((value) => value !== "");
  const unknown = dryRun.find((value) => value !== "All");
  if (unknown === undefined) return { user: request.user, dryRun: dryRun.length > 0 };
  const text = `dryRun: Unsupported value: ${JSON.stringify(unknown)}: supported values: "All"`;
  return { refused: refuse(makeFailure("BadRequest", text)) };
}

/** The whole object, or only its status, as the path says. */
function write(store: ObjectStore, target: NamedTarget, object: AnyObject, options: Options): Outcome {
  if (target.subresource !== "status") return store.update(object, options);
  const key = { kind: target.resource.kind, namespace: target.namespace ?? "", name: target.name };
  const { uid, resourceVersion } = object.metadata;
  return store.writeStatus(key, object.status, {
    ...options,
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  });
}

function outcomeAnswer(code: number, outcome: Outcome, warnings: readonly string[]): Answer {
  if ("refused" in outcome) return { ...refuse(outcome.refused), warnings } as Answer;
  return json(code, outcome.object, [...warnings, ...outcome.warnings]);
}
