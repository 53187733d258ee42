// Whom a change may concern: from an event to the forms of the object that tell, from an owner reference to its owner. Pure.
import { resourceOf } from "../../apis/kinds.ts";
import { keyOf, type ObjectKey } from "../../apis/meta/key.ts";
import type { Stored } from "../../apis/meta/object.ts";

/** The forms of a changed object by which others are concerned: the former one only if more than its status is other now. */
export function versionsToMap(object: Stored, old: Stored | undefined): readonly Stored[] {
  if (!old) return [object];
  const { labels, annotations, ownerReferences } = object.metadata;
  const before = old.metadata;
  const same = labels === before.labels && annotations === before.annotations && object.spec === old.spec;
  return same && ownerReferences === before.ownerReferences ? [object] : [object, old];
}

/** Where an owner lives: beside its dependent, or (cluster-scoped) nowhere. */
export function ownerKey(
  dependent: ObjectKey,
  owner: { readonly apiVersion: string; readonly kind: string; readonly name: string },
): ObjectKey {
  const key = keyOf({ ...owner, metadata: { name: owner.name, namespace: dependent.namespace } });
  return resourceOf(key.kind)?.namespaced === false ? { ...key, namespace: "" } : key;
}
