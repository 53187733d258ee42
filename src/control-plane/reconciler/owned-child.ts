// How a planner holds a whole object that it owns: created when absent, then labels, annotations and spec kept equal.
import { keyOf } from "../../apis/meta/key.ts";
import type { AnyObject } from "../../apis/meta/object.ts";
import { sameJson } from "../../base/json.ts";
import type { OwnedFields } from "../controller/reconciler.ts";

/** Holds labels, annotations and spec of a child exactly as wanted; nobody else may add to them. */
export function holdWhole(wanted: AnyObject): OwnedFields {
  const { labels = {}, annotations = {} } = wanted.metadata;
  return {
    key: keyOf(wanted),
    fields: { metadata: { labels, annotations }, spec: wanted.spec },
    create: wanted,
    whole: [["metadata", "labels"], ["metadata", "annotations"], ["spec"]],
  };
}

/** True when the child already is as wanted: labels, annotations and spec. */
export function isAsWanted(existing: AnyObject, wanted: AnyObject): boolean {
  return (
    sameJson(existing.metadata.labels ?? {}, wanted.metadata.labels ?? {}) &&
    sameJson(existing.metadata.annotations ?? {}, wanted.metadata.annotations ?? {}) &&
    sameJson(existing.spec, wanted.spec)
  );
}
