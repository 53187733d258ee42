// Who owns what: controller references and the question whether an object is ours. Never looks into the store.

import { keyOf } from "../../apis/meta/key.ts";
import type { AnyObject, OwnerReference } from "../../apis/meta/object.ts";
import { sameJson } from "../../base/json.ts";
import type { OwnedFields } from "../controller/reconciler.ts";

/** The reference that makes `owner` the controller of an object; deletion of the owner waits for it when asked to. */
export function controllerReference(owner: AnyObject): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? "",
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** True when `owner` is the controller of `object` (by uid, as Kubernetes compares). */
export function isControlledBy(object: AnyObject, owner: AnyObject): boolean {
  return controllerOf(object)?.uid === owner.metadata.uid;
}

/** The one owner that controls an object. */
export function controllerOf(object: AnyObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller === true);
}

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
