// Extracts the headers that the queue-proxy needs, and makes the headers for the container. Pure.
import type { RawHeaders } from "../http/exchange.ts";
import { hasToken, namedInConnection } from "../http/headers.ts";

/** Each value is that of the first header of its name, even if it is empty, as in Go. */
export interface RequestFacts {
  userAgent: string | undefined;
  networkProbe: string | undefined;
  networkHash: string | undefined;
  kubeletProbe: string | undefined;
  /** `K-Proxy-Request: activator`: the activator also counts the request. */
  proxied: boolean | undefined;
  originalHost: string | undefined;
  xff: string | undefined;
  proto: string | undefined;
  forwardedHost: string | undefined;
  forwarded: string | undefined;
  tag: string | undefined;
  defaultRoute: string | undefined;
}

/** Stores a header's value. Headers outside this map cost only the look-up. */
type Note = (facts: RequestFacts, value: string) => void;
const NOTES: ReadonlyMap<string, Note> = new Map<string, Note>([
  [
    "user-agent",
    (facts, value) => {
      facts.userAgent ??= value;
    },
  ],
  [
    "k-network-probe",
    (facts, value) => {
      facts.networkProbe ??= value;
    },
  ],
  [
    "k-network-hash",
    (facts, value) => {
      facts.networkHash ??= value;
    },
  ],
  [
    "k-kubelet-probe",
    (facts, value) => {
      facts.kubeletProbe ??= value;
    },
  ],
  [
    "k-proxy-request",
    (facts, value) => {
      facts.proxied ??= value === "activator";
    },
  ],
  [
    "k-original-host",
    (facts, value) => {
      facts.originalHost ??= value;
    },
  ],
  [
    "x-forwarded-for",
    (facts, value) => {
      facts.xff ??= value;
    },
  ],
  [
    "x-forwarded-proto",
    (facts, value) => {
      facts.proto ??= value;
    },
  ],
  [
    "x-forwarded-host",
    (facts, value) => {
      facts.forwardedHost ??= value;
    },
  ],
  [
    "forwarded",
    (facts, value) => {
      facts.forwarded ??= value;
    },
  ],
  [
    "knative-serving-tag",
    (facts, value) => {
      facts.tag ??= value;
    },
  ],
  [
    "knative-serving-default-route",
    (facts, value) => {
      facts.defaultRoute ??= value;
    },
  ],
]);

export function readFacts(headers: RawHeaders): RequestFacts {
  const facts: RequestFacts = {
    userAgent: undefined,
    networkProbe: undefined,
    networkHash: undefined,
    kubeletProbe: undefined,
    proxied: undefined,
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
    const note = NOTES.get(name) ?? NOTES.get(name.toLowerCase());
    if (note !== undefined) note(facts, headers[index + 1] as string);
  }
  return facts;
}

/**
 * The headers for the container in Knative's order of edits: adds `Forwarded`, restores Host from `K-Original-Host`
 * (except for kubelet probes), removes the revision's headers and those that `Connection` names, appends the peer to
 * `X-Forwarded-For`. @see pkg/queue/{forwarded_shim,handler}.go, pkg/http/proxy.go
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
      // The headers it named were removed, and the address appended below must not be.
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
 * The standard `Forwarded` header from the X-Forwarded headers; undefined if all are empty. Addresses with a colon are
 * bracketed and quoted. @see pkg/queue/forwarded_shim.go
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

/** Brackets and quotes IPv6 addresses and, as Knative does, everything else with a colon. */
function nodeOf(member: string): string {
  return member.includes(":") ? `"[${member}]"` : member;
}
