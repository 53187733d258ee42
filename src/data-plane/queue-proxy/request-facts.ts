// What the queue-proxy needs to know of a request, and the headers it sends on, from one walk over the list. Pure.
import type { RawHeaders } from "../http/exchange.ts";
import { hasToken, namedInConnection } from "../http/headers.ts";

/** Values are those of the first line, as Go reads a header, even where that line is empty. */
export interface RequestFacts {
  userAgent: string | undefined;
  networkProbe: string | undefined;
  networkHash: string | undefined;
  kubeletProbe: string | undefined;
  /** `K-Proxy-Request: activator`: the activator accounts for it as well. */
  proxied: boolean | undefined;
  originalHost: string | undefined;
  xff: string | undefined;
  proto: string | undefined;
  forwardedHost: string | undefined;
  forwarded: string | undefined;
  tag: string | undefined;
  defaultRoute: string | undefined;
}

/** What a header is to us. Only names in this map cost more than the look-up. */
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
 * The headers for the container, in Knative's order of edits: `Forwarded` added, Host restored from `K-Original-Host` (not for kubelet
 * requests), the revision's own headers removed, what `Connection` names removed, the peer appended to `X-Forwarded-For`.
 * (`pkg/queue/{forwarded_shim,handler}.go`, `pkg/http/proxy.go`)
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
      // Go sends one, and none that says nothing (`net/http` Request.write).
      if (agent !== undefined) out.push(name, agent);
      agent = undefined;
      continue;
    }
    if (named !== undefined && lower === "connection") {
      // What it named has been dealt with; the address that is appended below must not be taken out again.
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

/** First lines of the three headers; undefined when there is none. */
export interface ForwardedFrom {
  readonly xff: string | undefined;
  readonly proto: string | undefined;
  readonly host: string | undefined;
}

/** The value to add, or undefined when none of the three says anything. An address with a colon is bracketed and quoted. */
export function makeForwarded({ xff, proto, host }: ForwardedFrom): string | undefined {
  const members = xff === undefined || xff === "" ? [] : xff.split(",");
  // What follows a last comma is no member.
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

/** IPv6 addresses (and, as in Knative, whatever else has a colon) in brackets and quotes. */
function nodeOf(member: string): string {
  return member.includes(":") ? `"[${member}]"` : member;
}
