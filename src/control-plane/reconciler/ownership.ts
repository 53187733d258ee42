// Makes controller references and compares an object's children with the wanted ones.
import { keyOf } from "../../apis/meta/key.ts";
import type { AnyObject, OwnerReference } from "../../apis/meta/object.ts";
import { ROUTES_ANNOTATION } from "../../apis/serving/labels.ts";
import { sameJson } from "../../base/json.ts";
import type { OwnedFields } from "../controller/reconciler.ts";

/** Returns the reference that makes `owner` the controller of an object. */
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

/** Compares uids, as Kubernetes does. */
export function isControlledBy(object: AnyObject, owner: AnyObject): boolean {
  return controllerOf(object)?.uid === owner.metadata.uid;
}

export function controllerOf(object: AnyObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller === true);
}

/** Plans labels, annotations and spec of a child. Undoes changes that others made to these fields. */
export function ensureWhole(wanted: AnyObject): OwnedFields {
  const { labels = {}, annotations = {} } = wanted.metadata;
  return {
    key: keyOf(wanted),
    fields: { metadata: { labels, annotations }, spec: wanted.spec },
    create: wanted,
    whole: [["metadata", "labels"], ["metadata", "annotations"], ["spec"]],
  };
}

/** Plans the spec of a child. Other components can change its labels and annotations. */
export function ensureSpec(wanted: AnyObject): OwnedFields {
  return { key: keyOf(wanted), fields: { spec: wanted.spec }, create: wanted, whole: [["spec"]] };
}

/** Returns true if labels, annotations and spec equal the wanted ones. */
export function isAsWanted(existing: AnyObject, wanted: AnyObject): boolean {
  return (
    sameJson(existing.metadata.labels ?? {}, wanted.metadata.labels ?? {}) &&
    sameJson(existing.metadata.annotations ?? {}, wanted.metadata.annotations ?? {}) &&
    sameJson(existing.spec, wanted.spec)
  );
}

/** Reads the annotation serving.knative.dev/routes. @see knative pkg/reconciler/labeler/metasyncer.go */
export function routeNames(object: AnyObject | undefined): readonly string[] {
  const text = object?.metadata.annotations?.[ROUTES_ANNOTATION] ?? "";
  return text === "" ? [] : text.split(",");
}

/** Returns the value of the annotation: sorted names, separated by commas. */
export function routesText(names: Iterable<string>): string {
  return [...names].sort().join(",");
}
