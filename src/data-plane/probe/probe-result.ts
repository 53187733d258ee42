// Defines the input and the result of a probe attempt.
import type { Probe } from "../../apis/core/pod-spec.ts";

export type ProbeResult = { readonly ok: true } | { readonly ok: false; readonly message: string };

/** The sender of a probe. The two differ in headers and redirects. */
type ProbeAsker = "queue-proxy" | "kubelet";

export interface ProbeAttempt {
  readonly probe: Probe;
  /** The address of the container. The probe's own host and port are already resolved. */
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
  /**
   * The engine's port relay accepts connections before the container listens, so a connection must also stay open for a
   * while.
   */
  readonly relayed?: boolean;
  readonly prober: ProbeAsker;
  /** Feature `autodetect-http2`: tries h2c first. */
  readonly detectHttp2?: boolean;
}

/** Succeeds for 200 to 399; otherwise returns the kubelet's message. */
export function resultOfStatus(status: number): ProbeResult {
  return status >= 200 && status < 400
    ? { ok: true }
    : { ok: false, message: `HTTP probe failed with statuscode: ${status}` };
}
