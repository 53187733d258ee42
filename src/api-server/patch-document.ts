// Applies the body of a PATCH to an object: merge patch, JSON patch, and for built-in kinds strategic merge patch.
import { builtinStructs } from "../apis/fields/core.ts";
import { isCustom, type Resource } from "../apis/kinds.ts";
import { type ApiStatus, refuse } from "../apis/meta/api-status.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import { applyMergePatch, isFields } from "../base/json.ts";
import { failed, ok, type Result } from "../base/result.ts";
import { type ApiRequest, unsupportedMedia } from "./api-answer.ts";
import { applyJsonPatch } from "./json-patch.ts";
import { parseJsonText } from "./json-text.ts";
import { otherKind } from "./object-body.ts";
import { JSON_PATCH, mediaType } from "./request-body.ts";
import { applyStrategicPatch } from "./strategic-merge.ts";

export const MERGE = "application/merge-patch+json";
export const STRATEGIC = "application/strategic-merge-patch+json";
/** Server-side apply, which has a handler of its own. */
export const APPLY = "application/apply-patch+yaml";

/** Returns a 415 if the resource has no patches of the body's media type. */
export function patchTypeRefusal(request: ApiRequest, resource: Resource): ApiStatus | undefined {
  // Custom resources have no merge keys.
  const accepted = isCustom(resource) ? [JSON_PATCH, MERGE, APPLY] : [JSON_PATCH, MERGE, STRATEGIC, APPLY];
  return accepted.includes(mediaType(request)) ? undefined : unsupportedMedia(...accepted);
}

/** Returns the patched object, or a 400, 413 or 422. */
export function applyPatchBody(request: ApiRequest, resource: Resource, old: AnyObject): Result<AnyObject, ApiStatus> {
  const patch = parseJsonText(request.body);
  if (!patch.ok) return patch;
  const patched = applyPatch(mediaType(request), patch.value, resource, old);
  return patched.ok ? checked(patched.value, old, resource) : patched;
}

function applyPatch(type: string, patch: unknown, resource: Resource, old: AnyObject): Result<unknown, ApiStatus> {
  if (type === JSON_PATCH) return applyJsonPatch(old, patch);
  if (type === MERGE) return ok(applyMergePatch(old, patch));
  if (!isFields(patch)) return refuse("BadRequest", "a strategic merge patch must be an object");
  const outcome = applyStrategicPatch({ ...old }, patch, builtinStructs.get(resource.kind));
  return outcome.ok ? outcome : refuse("BadRequest", outcome.error);
}

/** Refuses a patch that changes apiVersion, kind, name or namespace. */
function checked(object: unknown, old: AnyObject, resource: Resource): Result<AnyObject, ApiStatus> {
  if (!isFields(object) || !isFields(object["metadata"])) return refuse("BadRequest", IDENTITY);
  const { apiVersion, kind, metadata } = object as unknown as AnyObject;
  if (apiVersion !== old.apiVersion || kind !== old.kind) {
    return isCustom(resource) ? failed(otherKind(object, resource)) : refuse("BadRequest", IDENTITY);
  }
  const isSame = metadata.name === old.metadata.name && metadata.namespace === old.metadata.namespace;
  return isSame ? ok(object as unknown as AnyObject) : refuse("BadRequest", IDENTITY);
}

const IDENTITY = "a patch must not change apiVersion, kind, name or namespace";
