// One probe of one host at one door of knap's own gateway, over a real connection, and what its answer means.
import { type Agent, request } from "node:http";

/** Where a door listens. */
export interface DoorAddress {
  readonly host: string;
  readonly port: number;
}

export interface IngressAnswer {
  readonly status: number;
  readonly hash: string | undefined;
}

const TIMEOUT_MS = 1000;

/** undefined: no answer within a second, or `signal` called it off. Never rejects. `agent`: whose connections to use; absent: one of its own. */
export function attemptIngress(
  host: string,
  door: DoorAddress,
  signal: AbortSignal,
  agent?: Agent,
): Promise<IngressAnswer | undefined> {
  return new Promise((resolve) => {
    const asked = request({
      ...door,
      path: "/healthz",
      agent: agent ?? false,
      signal,
      timeout: TIMEOUT_MS,
      headers: {
        Host: host,
        "User-Agent": "Knative-Ingress-Probe",
        "K-Network-Probe": "probe",
        "K-Network-Hash": "override",
      },
    });
    asked.on("timeout", () => asked.destroy());
    asked.on("error", () => resolve(undefined));
    asked.on("response", (reply) => {
      const hash = reply.headers["k-network-hash"];
      resolve({ status: reply.statusCode ?? 0, hash: typeof hash === "string" ? hash : undefined });
      // read to its end, so that the connection can be used again
      reply.resume();
    });
    asked.end();
  });
}

/**
 * Whether the gateway serves this version (networking's pkg/status/status.go). Only a wrong hash, 404 and 503 say no: any other answer comes
 * from a data path that is there, though it does not know about probes.
 */
export function servesVersion(answer: IngressAnswer | undefined, hash: string): boolean {
  if (!answer || answer.status === 404 || answer.status === 503) return false;
  return answer.status !== 200 || answer.hash === undefined || answer.hash === hash;
}
