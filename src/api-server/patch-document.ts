// Applies the body of a PATCH to an object: merge patch, JSON patch, and for built-in kinds strategic merge patch.
import { applyPatch, type Operation } from "rfc6902";
import { builtinStructs } from "../apis/fields/core.ts";
import type { Resource } from "../apis/kinds.ts";
import { type ApiStatus, makeFailure } from "../apis/meta/api-status.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import { applyMergePatch, isFields } from "../base/json.ts";
import type { ApiRequest } from "./api-answer.ts";
import { mediaType, parseJson, unsupportedMedia } from "./request-body.ts";
import { applyStrategicPatch } from "./strategic-merge.ts";

const MERGE = "application/merge-patch+json";
const JSON_PATCH = "application/json-patch+json";
const STRATEGIC = "application/strategic-merge-patch+json";

/** Returns the patched object, or a 400, 415 or 422. */
export function applyPatchBody(
  request: ApiRequest,
  resource: Resource,
  old: AnyObject,
): { readonly object: AnyObject } | { readonly refused: ApiStatus } {
  const type = mediaType(request);
  // Custom resources have no merge keys.
  const accepted = isCustom(resource) ? [JSON_PATCH, MERGE] : [JSON_PATCH, MERGE, STRATEGIC];
  if (!accepted.includes(type)) return { refused: unsupportedMedia(...accepted) };
  const patch = parseJson(request.body);
  if ("refused" in patch) return patch;
  if (type === JSON_PATCH) return applyOperations(patch.value, old);
  if (type === STRATEGIC) return applyStrategic(patch.value, resource, old);
  return checked(applyMergePatch(old, patch.value), old);
}

function isCustom({ group }: Resource): boolean {
  return group.includes(".");
}

function applyStrategic(
  patch: unknown,
  resource: Resource,
  old: AnyObject,
): { readonly object: AnyObject } | { readonly refused: ApiStatus } {
  if (!isFields(patch)) return { refused: makeFailure("BadRequest", "a strategic merge patch must be an object") };
  const outcome = applyStrategicPatch({ ...old }, patch, builtinStructs.get(resource.kind));
  return "error" in outcome ? { refused: makeFailure("BadRequest", outcome.error) } : checked(outcome.object, old);
}

function isOperation(value: unknown): boolean {
  const isPointer = (text: unknown): boolean => typeof text === "string" && (text === "" || text.startsWith("/"));
  if (!isFields(value) || typeof value["op"] !== "string" || !isPointer(value["path"])) return false;
  return (value["op"] !== "move" && value["op"] !== "copy") || isPointer(value["from"]);
}

function applyOperations(
  operations: unknown,
  old: AnyObject,
): { readonly object: AnyObject } | { readonly refused: ApiStatus } {
  if (!Array.isArray(operations))
    return { refused: makeFailure("BadRequest", "a JSON patch must be a list of operations") };
  const malformed = operations.findIndex((each) => !isOperation(each));
  if (malformed >= 0) {
    const text = `operation ${malformed} of the JSON patch needs an op and a path that is empty or begins with "/"`;
    return { refused: makeFailure("BadRequest", text) };
  }
  const copy = structuredClone(old);
  const errors = applyPatch(copy, operations as Operation[]);
  const failed = errors.find((error) => error !== null);
  if (failed) {
    const text = "the server rejected our request due to an error in our request";
    return { refused: makeFailure("Invalid", `${text}: ${failed.message}`) };
  }
  return checked(copy, old);
}

/** Refuses a patch that changes apiVersion, kind, name or namespace. */
function checked(object: unknown, old: AnyObject): { readonly object: AnyObject } | { readonly refused: ApiStatus } {
  const patched = object as AnyObject;
  const kept =
    isFields(object) &&
    isFields(object["metadata"]) &&
    patched.apiVersion === old.apiVersion &&
    patched.kind === old.kind &&
    patched.metadata.name === old.metadata.name &&
    patched.metadata.namespace === old.metadata.namespace;
  if (kept) return { object: patched };
  return { refused: makeFailure("BadRequest", "a patch must not change apiVersion, kind, name or namespace") };
}
