// From kinds and keys to paths of the API. Pure.
import { type Kind, resourceOf } from "../apis/kinds.ts";
import type { ObjectKey } from "../apis/meta/key.ts";

/** The path of a kind's collection, in one namespace or in all. Throws TypeError for a kind that knap does not know. */
export function collectionPath(kind: Kind, namespace?: string): string {
  const resource = resourceOf(kind);
  if (!resource) throw new TypeError(`knap knows no kind ${kind}`);
  const { group, version, plural, namespaced } = resource;
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const home = namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  return `${root}${home}/${plural}`;
}

/** The path of one object; a namespaced kind without a namespace means `default`. */
export function objectPath({ kind, namespace, name }: ObjectKey): string {
  return `${collectionPath(kind, namespace || "default")}/${encodeURIComponent(name)}`;
}
