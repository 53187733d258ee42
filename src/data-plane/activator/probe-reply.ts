// Makes the activator's replies to probes, which are neither forwarded nor counted.
import {
  type LocalReply,
  MISSING_PROBE_HASH,
  makeError,
  makeReply,
  makeUnexpectedQuotedProbe,
} from "../http/errors.ts";
import type { RawHeaders } from "../http/exchange.ts";
import { isNamed } from "../http/headers.ts";

const ALIVE = makeReply(200);
const STOPPING = makeError(500, "received SIGTERM from kubelet");
const IN_PATH = makeReply(200, "activator");

/**
 * Returns undefined for a request that is no probe. Order and texts follow
 * pkg/activator/handler/{healthz,probe}_handler.go and networking/pkg/http/probe/handler.go.
 */
export function probeReply(headers: RawHeaders, stopping: boolean): LocalReply | undefined {
  let probe = "";
  let hash = "";
  for (let index = 0; index < headers.length; index += 2) {
    const length = (headers[index] as string).length;
    if (length !== 15 && length !== 14 && length !== 10) continue;
    const value = headers[index + 1] as string;
    if (isKubeletProbe(headers, index, value)) return stopping ? STOPPING : ALIVE;
    if (probe === "" && isNamed(headers, index, "k-network-probe")) probe = value;
    else if (hash === "" && isNamed(headers, index, "k-network-hash")) hash = value;
  }
  if (probe === "") return undefined;
  if (probe === "activator") return IN_PATH;
  if (probe !== "probe") return makeUnexpectedQuotedProbe(probe);
  return hash === "" ? MISSING_PROBE_HASH : makeReply(200, "", ["K-Network-Hash", hash]);
}

/** True for the kubelet's user agent, or for its header with any value. */
function isKubeletProbe(headers: RawHeaders, index: number, value: string): boolean {
  if (isNamed(headers, index, "user-agent")) return value.startsWith("kube-probe/");
  return value !== "" && isNamed(headers, index, "k-kubelet-probe");
}

/** Returns true if a queue-proxy's reply to the activator's probe reports ready. */
export function saysReady(reply: LocalReply | undefined): boolean {
  return reply?.status === 200 && reply.body === "queue";
}

/** Headers of the activator's probe of a queue-proxy. */
export const POD_PROBE_HEADERS: RawHeaders = ["User-Agent", "Knative-Activator-Probe", "K-Network-Probe", "queue"];
