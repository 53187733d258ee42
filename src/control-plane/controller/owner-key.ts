// From an owner reference to the key of the owner. Pure.
import { keyOf, type ObjectKey, resourceOf } from "../../apis/kinds.ts";

/** Where an owner lives: beside its dependent, or (cluster-scoped) nowhere. */
export function ownerKey(
  dependent: ObjectKey,
  owner: { readonly apiVersion: string; readonly kind: string; readonly name: string },
): ObjectKey {
  const key = keyOf({ ...owner, metadata: { name: owner.name, namespace: dependent.namespace } });
  return resourceOf(key.kind)?.namespaced === false ? { ...key, namespace: "" } : key;
}
