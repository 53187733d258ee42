// What the queue-proxy needs to know of a request, and the headers it sends on, from one walk over the list. Pure.
import type { RawHeaders } from "../http/exchange.ts";
import { hasToken, namedInConnection } from "../http/headers.ts";
import { makeForwarded } from "./forwarded.ts";

/** Values are those of the first line; "" when there is none. */
export interface RequestFacts {
  userAgent: string;
  networkProbe: string;
  networkHash: string;
  kubeletProbe: string;
  /** `K-Proxy-Request: activator`: the activator accounts for it as well. */
  proxied: boolean;
  originalHost: string;
  xff: string | undefined;
  proto: string | undefined;
  forwardedHost: string | undefined;
  hasForwarded: boolean;
  tag: string;
  defaultRoute: string;
}

/** What a header is to us. Only names in this map cost more than the look-up. */
type Note = (facts: RequestFacts, value: string) => void;
const NOTES: ReadonlyMap<string, Note> = new Map<string, Note>([
  [
    "user-agent",
    (facts, value) => {
      facts.userAgent ||= value;
    },
  ],
  [
    "k-network-probe",
    (facts, value) => {
      facts.networkProbe ||= value;
    },
  ],
  [
    "k-network-hash",
    (facts, value) => {
      facts.networkHash ||= value;
    },
  ],
  [
    "k-kubelet-probe",
    (facts, value) => {
      facts.kubeletProbe ||= value;
    },
  ],
  [
    "k-proxy-request",
    (facts, value) => {
      facts.proxied ||= value === "activator";
    },
  ],
  [
    "k-original-host",
    (facts, value) => {
      facts.originalHost ||= value;
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
      facts.hasForwarded ||= value !== "";
    },
  ],
  [
    "knative-serving-tag",
    (facts, value) => {
      facts.tag ||= value;
    },
  ],
  [
    "knative-serving-default-route",
    (facts, value) => {
      facts.defaultRoute ||= value;
    },
  ],
]);

export function readFacts(headers: RawHeaders): RequestFacts {
  const facts: RequestFacts = {
    userAgent: "",
    networkProbe: "",
    networkHash: "",
    kubeletProbe: "",
    proxied: false,
    originalHost: "",
    xff: undefined,
    proto: undefined,
    forwardedHost: undefined,
    hasForwarded: false,
    tag: "",
    defaultRoute: "",
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
  const restores = facts.originalHost !== "" && facts.kubeletProbe === "";
  const out: string[] = restores ? ["Host", facts.originalHost] : [];
  let xffAt = -1;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    const value = headers[index + 1] as string;
    const lower = name.toLowerCase();
    if (lower === "knative-serving-revision" || lower === "knative-serving-namespace" || named?.has(lower)) continue;
    if (restores && (lower === "k-original-host" || lower === "host")) continue;
    if (named !== undefined && lower === "connection") {
      // What it named has been dealt with; the address that is appended below must not be taken out again.
      if (hasToken(value, "upgrade")) out.push(name, "Upgrade");
      continue;
    }
    if (lower !== "x-forwarded-for") out.push(name, value);
    else if (xffAt === -1) xffAt = out.push(name, value) - 1;
    else out[xffAt] = `${out[xffAt]}, ${value}`;
  }
  if (!facts.hasForwarded) {
    const forwarded = makeForwarded({ xff: facts.xff, proto: facts.proto, host: facts.forwardedHost });
    if (forwarded !== undefined && !named?.has("forwarded")) out.push("Forwarded", forwarded);
  }
  if (xffAt === -1) out.push("X-Forwarded-For", peer);
  else out[xffAt] = `${out[xffAt]}, ${peer}`;
  return out;
}
