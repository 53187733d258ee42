// Helps to map a watch event to the keys to enqueue.
import { resourceOf } from "../../apis/kinds.ts";
import { keyOf, type ObjectKey } from "../../apis/meta/key.ts";
import type { Stored } from "../../apis/meta/object.ts";

/** Returns the versions of a changed object to map to keys: the old one too if more than the status changed. */
export function versionsToMap(object: Stored, old: Stored | undefined): readonly Stored[] {
  if (!old) return [object];
  const { labels, annotations, ownerReferences } = object.metadata;
  const before = old.metadata;
  const same = labels === before.labels && annotations === before.annotations && object.spec === old.spec;
  return same && ownerReferences === before.ownerReferences ? [object] : [object, old];
}

/** Returns the key of an owner, which is in the dependent's namespace or cluster-scoped. */
export function ownerKey(
  dependent: ObjectKey,
  owner: { readonly apiVersion: string; readonly kind: string; readonly name: string },
): ObjectKey {
  const key = keyOf({ ...owner, metadata: { name: owner.name, namespace: dependent.namespace } });
  return resourceOf(key.kind)?.namespaced === false ? { ...key, namespace: "" } : key;
}
