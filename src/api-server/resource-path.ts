// Parses resource paths of the API: /api/v1/…, /apis/GROUP/VERSION/….
import { apiResources, type Resource } from "../apis/kinds.ts";
import type { ObjectKey } from "../apis/meta/key.ts";

export interface ResourcePath {
  readonly resource: Resource;
  /** Absent for all namespaces, and for cluster-scoped resources. */
  readonly namespace: string | undefined;
  /** Absent for a collection. */
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

export type ObjectPath = ResourcePath & { readonly name: string };

export function keyOfPath({ resource, namespace = "", name }: ObjectPath): ObjectKey {
  return { kind: resource.kind, namespace, name };
}

/** Parses a path. Returns undefined if the path does not name a known resource. */
export function parseResourcePath(path: string): ResourcePath | undefined {
  const parts = decodePath(path);
  if (!parts) return undefined;
  const [root, ...rest] = parts;
  const group = root === "api" ? "" : rest.shift();
  const version = rest.shift();
  if ((root !== "api" && root !== "apis") || group === undefined || version === undefined) return undefined;
  const find = (plural: string | undefined): Resource | undefined =>
    apiResources.find((each) => each.group === group && each.version === version && each.plural === plural);
  if (rest[0] === "namespaces" && rest.length > 2) {
    const resource = find(rest[2]);
    if (resource?.namespaced && rest[1]) return makePath(resource, rest.slice(3), rest[1]);
  }
  const resource = find(rest[0]);
  // The path of a namespaced object must contain its namespace.
  if (!resource || (resource.namespaced && rest.length > 1)) return undefined;
  return makePath(resource, rest.slice(1));
}

function makePath(
  resource: Resource,
  [name, subresource, ...more]: readonly string[],
  namespace?: string,
): ResourcePath | undefined {
  if (more.length > 0) return undefined;
  return { resource, namespace, name, subresource };
}

/** Returns the decoded segments of a path without empty segments; undefined if a segment has an invalid encoding. */
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
