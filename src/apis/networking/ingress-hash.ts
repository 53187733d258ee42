// The version of an Ingress as its gateway probe knows it. Computes, asks nothing.
import { sha256Hex } from "../../base/hash.ts";
import type { Ingress } from "./types.ts";

/** SHA-256 of spec, namespace and name: what a gateway answers in `K-Network-Hash` once it serves this version (networking/pkg/ingress/ingress.go). */
export function ingressHash({ spec, metadata }: Ingress): string {
  return sha256Hex(JSON.stringify(spec) + (metadata.namespace ?? "") + metadata.name);
}
