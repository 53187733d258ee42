// Refuses updates by clients that the store accepts from controllers: changed identity and missing resourceVersion.
import { isCustom } from "../apis/kinds.ts";
import type { ApiStatus, StatusCause } from "../apis/meta/api-status.ts";
import type { AnyObject, ObjectMeta } from "../apis/meta/object.ts";
import { makeInvalid } from "../control-plane/store/refusals.ts";
import { keyOfPath, type ObjectPath } from "./resource-path.ts";

/** Fields that an update may leave out, but not change. */
const IMMUTABLE = ["deletionTimestamp", "deletionGracePeriodSeconds"] as const;

/** Returns a 422 if the update lacks a resourceVersion that it needs, or changes a field that no client can change. */
export function updateRefusal(
  path: ObjectPath,
  method: string,
  { metadata: old }: AnyObject,
  { metadata: next }: AnyObject,
): ApiStatus | undefined {
  const custom = isCustom(path.resource);
  if (custom && method === "PUT" && ["", "0"].includes(next.resourceVersion ?? "")) return versionRequired(path);
  const causes = IMMUTABLE.flatMap((field) => changed(field, old, next));
  // The uid of a PUT is a precondition, which the store checks.
  if (method === "PATCH" && next.uid) causes.push(...changed("uid", old, next));
  if (causes.length === 0) return undefined;
  // The API server validates the metadata of custom resources twice.
  return makeInvalid(keyOfPath(path), custom ? causes.flatMap((cause) => [cause, cause]) : causes);
}

/** Custom resources need a resourceVersion in each update. `details.kind` is the plural. */
export function versionRequired(path: ObjectPath): ApiStatus {
  const message = "Invalid value: 0: must be specified for an update";
  const cause = { reason: "FieldValueInvalid", field: "metadata.resourceVersion", message };
  const { details, ...status } = makeInvalid(keyOfPath(path), [cause]);
  return { ...status, details: { ...details, kind: path.resource.plural } };
}

function changed(field: keyof ObjectMeta, old: ObjectMeta, next: ObjectMeta): Required<StatusCause>[] {
  const value = next[field] ?? undefined;
  if (value === undefined || value === old[field]) return [];
  const message = `Invalid value: ${JSON.stringify(value)}: field is immutable`;
  return [{ reason: "FieldValueInvalid", field: `metadata.${field}`, message }];
}
