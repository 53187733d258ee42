// From a path of the API to the resource it means: /api/v1/…, /apis/GROUP/VERSION/…. Pure.
import { type Resource, resources } from "../apis/kinds.ts";
import type { ObjectKey } from "../apis/meta/key.ts";

export interface Target {
  readonly resource: Resource;
  /** Undefined: all namespaces, or a cluster-scoped resource. */
  readonly namespace?: string;
  /** Undefined: the collection. */
  readonly name?: string;
  readonly subresource?: string;
}

/** A target that is one object. */
export type NamedTarget = Target & { readonly name: string };

export function keyOfTarget({ resource, namespace = "", name }: NamedTarget): ObjectKey {
  return { kind: resource.kind, namespace, name };
}

/** The resource that a path means, or undefined when there is none. */
export function parseTarget(path: string): Target | undefined {
  const parts = decodePath(path);
  if (!parts) return undefined;
  const [root, ...rest] = parts;
  const group = root === "api" ? "" : rest.shift();
  const version = rest.shift();
  if ((root !== "api" && root !== "apis") || group === undefined || version === undefined) return undefined;
  const find = (plural: string | undefined): Resource | undefined =>
    resources.find((each) => each.group === group && each.version === version && each.plural === plural);
  if (rest[0] === "namespaces" && rest.length > 2) {
    const resource = find(rest[2]);
    if (resource?.namespaced && rest[1]) return target(resource, rest.slice(3), rest[1]);
  }
  const resource = find(rest[0]);
  // the objects of a namespaced resource are only found through their namespace
  if (!resource || (resource.namespaced && rest.length > 1)) return undefined;
  return target(resource, rest.slice(1));
}

function target(
  resource: Resource,
  [name, subresource, ...more]: readonly string[],
  namespace?: string,
): Target | undefined {
  if (more.length > 0) return undefined;
  return {
    resource,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(subresource === undefined ? {} : { subresource }),
  };
}

/** The decoded parts of a path, without empty ones; undefined when one cannot be decoded. */
export function decodePath(path: string): readonly string[] | undefined {
  try {
    return path
      .split("/")
      .filter((part) => part !== "")
      .map(decodeURIComponent);
  } catch {
    return undefined;
  }
}
