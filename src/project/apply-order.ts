// The order in which one batch of objects is applied: what others need goes first, then file order. Pure.
import { isClusterConfig, SYSTEM_NAMESPACE } from "../apis/config/serving-config.ts";
import type { AnyObject } from "../apis/meta/object.ts";

/** What Pods are made of or held against. */
const NEEDED: readonly string[] = ["ConfigMap", "Secret", "ServiceAccount", "ResourceQuota", "PersistentVolumeClaim"];

/** Cluster configuration, namespaces, what Pods need, then the rest. */
function rank(object: AnyObject): number {
  if (isClusterConfig(object)) return 0;
  if (object.apiVersion !== "v1") return 3;
  if (object.kind === "Namespace") return 1;
  return NEEDED.includes(object.kind) ? 2 : 3;
}

/** Stable: file order stays within a rank. */
export function applyOrder(objects: readonly AnyObject[]): readonly AnyObject[] {
  return objects
    .map((object) => ({ object, rank: rank(object) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ object }) => object);
}

/** Namespaces that the batch uses and does not bring along, apart from those every session has. */
export function missingNamespaces(objects: readonly AnyObject[]): readonly AnyObject[] {
  const brought = objects.filter(({ apiVersion, kind }) => apiVersion === "v1" && kind === "Namespace");
  const known = new Set(["default", SYSTEM_NAMESPACE, ...brought.map(({ metadata }) => metadata.name)]);
  const used = new Set(objects.map(({ metadata }) => metadata.namespace).filter((name) => name !== undefined));
  return [...used]
    .filter((name) => !known.has(name))
    .map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } }));
}
