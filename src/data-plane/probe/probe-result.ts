// What a probe is asked for and what comes of it.
import type { Probe } from "../../apis/core/pod-spec.ts";

export type ProbeResult = { readonly ok: true } | { readonly ok: false; readonly message: string };

/** Who asks: the two differ in headers and in what they make of redirects. */
type ProbeAsker = "queue-proxy" | "kubelet";

export interface ProbeAttempt {
  readonly probe: Probe;
  /** Where the probed container is reached; the probe's own host and port have been resolved into it. */
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
  /** A relay stands there that accepts whether or not the container listens: an accepted connection must also live a while. */
  readonly relayed?: boolean;
  readonly prober: ProbeAsker;
  /** Feature `autodetect-http2`: try h2c first. */
  readonly detectHttp2?: boolean;
}

/** The verdict on an HTTP status: ready from 200 to 399; the kubelet's words otherwise. */
export function resultOfStatus(status: number): ProbeResult {
  return status >= 200 && status < 400
    ? { ok: true }
    : { ok: false, message: `HTTP probe failed with statuscode: ${status}` };
}
