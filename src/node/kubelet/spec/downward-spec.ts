// Renders fields and resources of a pod as text, for variables and volumes (the downward API). Pure.
import type { StoredPod } from "../../../apis/core/pod.ts";
import type { Container, Quantity } from "../../../apis/core/pod-spec.ts";
import { quantityNumber } from "../../../base/go/quantity.ts";

export interface FieldSources {
  readonly podIP: string;
  readonly hostIP: string;
  readonly nodeName: string;
  /** The size of the node counts as the limit of a container that sets none. */
  readonly nodeCpus: number;
  readonly nodeMemoryBytes: number;
}

export interface ResourceReference {
  readonly containerName?: string;
  readonly resource: string;
  readonly divisor?: Quantity;
}

/** A name that a user writes may be one that every object inherits, such as `constructor`. */
export function ownValue<T>(map: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return map !== undefined && Object.hasOwn(map, key) ? map[key] : undefined;
}

/** Returns the value of `fieldPath`; "" if the pod does not set it. */
export function fieldText(pod: StoredPod, path: string, sources: FieldSources): string {
  const { metadata, spec } = pod;
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (keyed) return ownValue(metadata[keyed[1] as "labels" | "annotations"], keyed[2] as string) ?? "";
  switch (path) {
    case "metadata.name":
      return metadata.name;
    case "metadata.namespace":
      return metadata.namespace;
    case "metadata.uid":
      return metadata.uid;
    case "metadata.labels":
      return mapText(metadata.labels);
    case "metadata.annotations":
      return mapText(metadata.annotations);
    case "spec.nodeName":
      return sources.nodeName;
    case "spec.serviceAccountName":
      return spec.serviceAccountName ?? "default";
    case "status.hostIP":
    case "status.hostIPs":
      return sources.hostIP;
    case "status.podIP":
    case "status.podIPs":
      return sources.podIP;
    default:
      return "";
  }
}

/** Returns a limit or request in units of the divisor (default 1), rounded up. */
export function resourceText(
  pod: StoredPod,
  container: Container,
  reference: ResourceReference,
  sources: FieldSources,
): string {
  const { containerName, resource, divisor } = reference;
  const target =
    containerName === undefined ? container : pod.spec.containers.find((other) => other.name === containerName);
  const [kind = "", name = ""] = resource.split(/\.(.*)/);
  const { limits, requests } = target?.resources ?? {};
  const node: Readonly<Record<string, number>> = { cpu: sources.nodeCpus, memory: sources.nodeMemoryBytes };
  const limit = ownValue(limits, name);
  const set = kind === "limits" ? limit : (ownValue(requests, name) ?? limit);
  const amount = set === undefined ? (kind === "limits" ? (ownValue(node, name) ?? 0) : 0) : (quantityNumber(set) ?? 0);
  const unit = divisor === undefined || divisor === "0" || divisor === 0 ? 1 : (quantityNumber(divisor) ?? 1);
  return String(Math.ceil(amount / unit));
}

/** Returns sorted `key="value"` lines, as the downward API writes maps. */
function mapText(map: Readonly<Record<string, string>> = {}): string {
  return Object.keys(map)
    .sort()
    .map((key) => `${key}=${JSON.stringify(map[key])}`)
    .join("\n");
}
