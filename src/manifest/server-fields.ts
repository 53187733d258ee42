// Drops the fields that the API server sets, as in the output of `kubectl get -o yaml`.
import type { AnyObject } from "../apis/meta/object.ts";
import { CREATOR_ANNOTATION, LAST_APPLIED_ANNOTATION, LAST_MODIFIER_ANNOTATION } from "../apis/serving/labels.ts";
import { isFields } from "../base/json.ts";

const METADATA = [
  "creationTimestamp",
  "deletionGracePeriodSeconds",
  "deletionTimestamp",
  "generation",
  "managedFields",
  "resourceVersion",
  "selfLink",
  "uid",
];
const ANNOTATIONS = [CREATOR_ANNOTATION, LAST_MODIFIER_ANNOTATION, LAST_APPLIED_ANNOTATION];

/**
 * Returns the object without these fields, and the paths of the removed fields that had a value. Generators also write
 * `status: {}`, which is removed without a report.
 */
export function withoutServerFields(object: AnyObject): {
  readonly object: AnyObject;
  readonly dropped: readonly string[];
} {
  const { status, ...rest } = object;
  const metadata = object.metadata as unknown as Readonly<Record<string, unknown>>;
  const { annotations } = metadata;
  const own = isFields(annotations) ? without(annotations, ANNOTATIONS) : annotations;
  const dropped = [
    ...METADATA.filter((field) => hasValue(metadata[field])).map((field) => `metadata.${field}`),
    ...ANNOTATIONS.filter((key) => isFields(annotations) && Object.hasOwn(annotations, key)).map(
      (key) => `metadata.annotations.${key}`,
    ),
    ...(hasValue(status) ? ["status"] : []),
  ];
  const kept = without({ ...metadata, annotations: own }, METADATA);
  return { object: { ...rest, metadata: kept } as unknown as AnyObject, dropped };
}

function without(
  fields: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(fields).filter(([key, value]) => !names.includes(key) && value !== undefined),
  );
}

function hasValue(value: unknown): boolean {
  return isFields(value) ? Object.keys(value).length > 0 : value !== undefined && value !== null && value !== "";
}
