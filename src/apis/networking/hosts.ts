// Normalizes host names, and computes the hash of an Ingress that gateway probes compare.
import { sha256Hex } from "../../base/hash.ts";
import type { Ingress } from "./types.ts";

/** Returns the host of a Host header: lower case, without port and trailing dot. An IPv6 address keeps its brackets. */
export function hostName(host: string): string {
  const end = host.startsWith("[") ? host.indexOf("]") + 1 : host.indexOf(":");
  const name = end > 0 ? host.slice(0, end) : host;
  return (name.endsWith(".") ? name.slice(0, -1) : name).toLowerCase();
}

/** Returns true if the host name means this machine, not a Service. */
export function isThisMachine(name: string): boolean {
  return name === "localhost" || name === "127.0.0.1" || name === "[::1]";
}

/**
 * SHA-256 of spec, namespace and name. A gateway that serves this version of the Ingress returns the hash in
 * `K-Network-Hash`.
 * @see networking pkg/ingress/ingress.go
 */
export function ingressHash({ spec, metadata }: Ingress): string {
  return sha256Hex(JSON.stringify(spec) + (metadata.namespace ?? "") + metadata.name);
}
