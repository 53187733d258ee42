// Reads the headers that the queue-proxy needs, and makes the headers for the container. Pure.
import type { RawHeaders } from "../http/exchange.ts";
import { hasToken, namedInConnection } from "../http/headers.ts";

/** Each value is that of the first header of its name, even if the value is empty, as in Go. */
export interface RequestFacts {
  userAgent: string | undefined;
  networkProbe: string | undefined;
  networkHash: string | undefined;
  kubeletProbe: string | undefined;
  /** "activator": the activator counts the request too. */
  proxyRequest: string | undefined;
  originalHost: string | undefined;
  xff: string | undefined;
  proto: string | undefined;
  forwardedHost: string | undefined;
  forwarded: string | undefined;
  tag: string | undefined;
  defaultRoute: string | undefined;
}

/** The facts by header name. Other headers cost only the look-up. */
const FACT_NAMES = new Map<string, keyof RequestFacts>([
  ["user-agent", "userAgent"],
  ["k-network-probe", "networkProbe"],
  ["k-network-hash", "networkHash"],
  ["k-kubelet-probe", "kubeletProbe"],
  ["k-proxy-request", "proxyRequest"],
  ["k-original-host", "originalHost"],
  ["x-forwarded-for", "xff"],
  ["x-forwarded-proto", "proto"],
  ["x-forwarded-host", "forwardedHost"],
  ["forwarded", "forwarded"],
  ["knative-serving-tag", "tag"],
  ["knative-serving-default-route", "defaultRoute"],
]);

export function readFacts(headers: RawHeaders): RequestFacts {
  const facts: RequestFacts = {
    userAgent: undefined,
    networkProbe: undefined,
    networkHash: undefined,
    kubeletProbe: undefined,
    proxyRequest: undefined,
    originalHost: undefined,
    xff: undefined,
    proto: undefined,
    forwardedHost: undefined,
    forwarded: undefined,
    tag: undefined,
    defaultRoute: undefined,
  };
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    const fact = FACT_NAMES.get(name) ?? FACT_NAMES.get(name.toLowerCase());
    if (fact !== undefined) facts[fact] ??= headers[index + 1];
  }
  return facts;
}

/**
 * Makes the headers for the container: adds `Forwarded`, restores Host from `K-Original-Host` (except for kubelet
 * probes), removes the revision's headers and those that `Connection` names, appends the peer to `X-Forwarded-For`.
 * @see pkg/queue/{forwarded_shim,handler}.go, pkg/http/proxy.go
 */
export function makeContainerHeaders(headers: RawHeaders, facts: RequestFacts, peer: string): string[] {
  const named = namedInConnection(headers);
  const restored = facts.kubeletProbe ? undefined : facts.originalHost;
  const out: string[] = restored ? ["Host", restored] : [];
  const forwarded = facts.forwarded
    ? undefined
    : makeForwarded({ xff: facts.xff, proto: facts.proto, host: facts.forwardedHost });
  let agent = facts.userAgent || undefined;
  let xffAt = -1;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    const value = headers[index + 1] as string;
    const lower = name.toLowerCase();
    if (lower === "knative-serving-revision" || lower === "knative-serving-namespace" || named?.has(lower)) continue;
    if (restored && (lower === "k-original-host" || lower === "host")) continue;
    if (lower === "forwarded" && forwarded !== undefined) continue;
    if (lower === "user-agent") {
      // Go sends a single User-Agent and omits an empty one (`net/http` Request.write).
      if (agent !== undefined) out.push(name, agent);
      agent = undefined;
      continue;
    }
    if (named !== undefined && lower === "connection") {
      // The appended X-Forwarded-For must not be removed, even if `Connection` names it.
      if (hasToken(value, "upgrade")) out.push(name, "Upgrade");
      continue;
    }
    if (lower !== "x-forwarded-for") out.push(name, value);
    else if (xffAt === -1) xffAt = out.push(name, value) - 1;
    else out[xffAt] = `${out[xffAt]}, ${value}`;
  }
  if (forwarded !== undefined && !named?.has("forwarded")) out.push("Forwarded", forwarded);
  if (xffAt === -1) out.push("X-Forwarded-For", peer);
  else out[xffAt] = `${out[xffAt]}, ${peer}`;
  return out;
}

/** The first values of the three headers. */
export interface ForwardedFrom {
  readonly xff: string | undefined;
  readonly proto: string | undefined;
  readonly host: string | undefined;
}

/**
 * Returns the standard `Forwarded` header from the X-Forwarded headers; undefined if all are empty. Addresses with a
 * colon are bracketed and quoted.
 * @see pkg/queue/forwarded_shim.go
 */
export function makeForwarded({ xff, proto, host }: ForwardedFrom): string | undefined {
  const members = xff === undefined || xff === "" ? [] : xff.split(",");
  // Ignores an empty last member.
  if (members.length > 1 && members.at(-1) === "") members.pop();
  const nodes = members.map((member) => nodeOf(member.trim()));
  if (nodes.length === 0 && !proto && !host) return undefined;
  const [first, ...rest] = nodes;
  const pairs: string[] = [];
  if (first !== undefined) pairs.push(`for=${first}`);
  if (host) pairs.push(`host=${host}`);
  if (proto) pairs.push(`proto=${proto}`);
  return [pairs.join(";"), ...rest.map((node) => `for=${node}`)].join(", ");
}

/** Brackets and quotes every text with a colon, like Knative, because such a text can be an IPv6 address. */
function nodeOf(member: string): string {
  return member.includes(":") ? `"[${member}]"` : member;
}
