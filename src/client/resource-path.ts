// Makes the API paths of kinds and objects. Pure.
import { type Kind, resourceOf } from "../apis/kinds.ts";
import type { ObjectKey } from "../apis/meta/key.ts";

/** Returns the path of a collection, in one namespace or in all. Throws TypeError if knap does not know the kind. */
export function collectionPath(kind: Kind, namespace?: string): string {
  const resource = resourceOf(kind);
  if (!resource) throw new TypeError(`knap knows no kind ${kind}`);
  const { group, version, plural, namespaced } = resource;
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const inNamespace = namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  return `${root}${inNamespace}/${plural}`;
}

/** Returns the path of an object. The default namespace is `default`. */
export function objectPath({ kind, namespace, name }: ObjectKey): string {
  return `${collectionPath(kind, namespace || "default")}/${encodeURIComponent(name)}`;
}
