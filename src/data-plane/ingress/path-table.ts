// Compiles an Ingress rule's paths: prefix, header conditions, weighted splits. Pure.
import type { RevisionKey } from "../../apis/autoscaling/types.ts";
import { ingressHash } from "../../apis/networking/hosts.ts";
import type { Ingress, IngressBackendSplit, IngressPath } from "../../apis/networking/types.ts";

/** A header that replaces the client's. */
export interface HeaderValue {
  readonly name: string;
  readonly lowerName: string;
  readonly value: string;
}

/** A revision that gets a share of a path's requests. */
export interface RouteSplit {
  readonly revision: RevisionKey;
  /** Derived from the port of the revision's public Service: 81, `http2` and `h2c` mean HTTP/2. */
  readonly protocol: "http1" | "h2c";
  readonly weight: number;
  /** Headers of the path and the split. The split's take precedence. */
  readonly headers: readonly HeaderValue[];
}

/** The destination of requests under a prefix. */
export interface RoutePath {
  /** `namespace/name` of the Ingress. */
  readonly ingress: string;
  /** The first host of its rule. */
  readonly host: string;
  /** See {@link ingressHash}. */
  readonly hash: string;
  readonly prefix: string;
  /** Headers that must be present with exactly these values. */
  readonly conditions: readonly { readonly lowerName: string; readonly value: string }[];
  /** DomainMapping: the gateway routes the request again, to this cluster-local host. The splits name no revision. */
  readonly rewriteHost: string | undefined;
  readonly splits: readonly RouteSplit[];
  readonly totalWeight: number;
}

const H2C_PORTS: ReadonlySet<number | string> = new Set([81, "81", "http2", "h2c"]);

/** Returns the paths of each rule in matching order: longer prefixes first, then more conditions, then file order. */
export function compilePaths(ingress: Ingress): readonly (readonly RoutePath[])[] {
  const key = `${ingress.metadata.namespace ?? ""}/${ingress.metadata.name}`;
  const hash = ingressHash(ingress);
  return (ingress.spec.rules ?? []).map(({ hosts = [], http }) => {
    const origin = { ingress: key, host: hosts[0] ?? "", hash };
    return (http?.paths ?? []).map((path) => compilePath(path, origin)).sort(moreSpecificFirst);
  });
}

export function moreSpecificFirst(a: RoutePath, b: RoutePath): number {
  return b.prefix.length - a.prefix.length || b.conditions.length - a.conditions.length;
}

/** Picks a split by weight for a number in [0, 1). Undefined if no split has weight. */
export function pickSplit({ splits, totalWeight }: RoutePath, random: number): RouteSplit | undefined {
  let left = random * totalWeight;
  for (const split of splits) {
    left -= split.weight;
    if (left < 0) return split;
  }
  return splits.at(-1);
}

function compilePath(path: IngressPath, origin: Pick<RoutePath, "ingress" | "host" | "hash">): RoutePath {
  const written = path.splits ?? [];
  const splits = written.map((split) => compileSplit(split, path, written.length)).filter((split) => split.weight > 0);
  return {
    ...origin,
    prefix: path.path ?? "",
    conditions: Object.entries(path.headers ?? {}).map(([name, { exact }]) => ({
      lowerName: name.toLowerCase(),
      value: exact ?? "",
    })),
    rewriteHost: path.rewriteHost,
    splits,
    totalWeight: splits.reduce((sum, split) => sum + split.weight, 0),
  };
}

function compileSplit(split: IngressBackendSplit, path: IngressPath, siblings: number): RouteSplit {
  const headers = new Map<string, HeaderValue>();
  for (const [name, value] of Object.entries({ ...path.appendHeaders, ...split.appendHeaders })) {
    const lowerName = name.toLowerCase();
    headers.set(lowerName, { name, lowerName, value });
  }
  return {
    revision: `${split.serviceNamespace}/${split.serviceName}`,
    protocol: H2C_PORTS.has(split.servicePort) ? "h2c" : "http1",
    weight: split.percent ?? (siblings === 1 ? 100 : 0),
    headers: [...headers.values()],
  };
}
