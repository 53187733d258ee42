// Makes and parses the keys of objects. No other file joins or splits keys.
import { type Kind, type Kinds, kindOf } from "../kinds.ts";
import type { AnyObject } from "./object.ts";

/** Names one object. `namespace` is "" for cluster-scoped kinds. */
export interface ObjectKey<K extends Kind = Kind> {
  readonly kind: K;
  readonly namespace: string;
  readonly name: string;
}

/** `namespace/name`: identifies an object where the kind is known. */
export type NamespacedName = `${string}/${string}`;

/** The kind of an object type; `Kind` if the type does not fix it. */
export type KindOf<T extends AnyObject> = string extends T["kind"]
  ? Kind
  : { [K in Kind]: T extends Kinds[K] ? K : never }[Kind];

export function keyOf<T extends AnyObject>(object: T): ObjectKey<KindOf<T>> {
  const { namespace = "", name } = object.metadata;
  return { kind: kindOf(object) as KindOf<T>, namespace, name };
}

/** Formats a key as one string, for maps and logs: `Kind.group/namespace/name`. */
export function keyText({ kind, namespace, name }: ObjectKey): string {
  return `${kind}/${namespace}/${name}`;
}

/** Takes a key, or the metadata of a stored object. */
export function namespacedName({
  namespace,
  name,
}: {
  readonly namespace: string;
  readonly name: string;
}): NamespacedName {
  return `${namespace}/${name}`;
}

/** Does the inverse of {@link namespacedName}. A text without a slash is a name with namespace "". */
export function parseNamespacedName(text: string): { readonly namespace: string; readonly name: string } {
  const slash = text.indexOf("/");
  return { namespace: text.slice(0, Math.max(0, slash)), name: text.slice(slash + 1) };
}
