// Who owns what: controller references and the question whether an object is ours. Never looks into the store.
import type { AnyObject, OwnerReference } from "../../apis/meta/object.ts";

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
