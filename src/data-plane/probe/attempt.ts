// One attempt of a probe against an address: httpGet, tcpSocket or grpc, by the queue-proxy's rules or the kubelet's. It never repeats itself.
import type { Probe } from "../../apis/core/pod-spec.ts";
import { attemptGrpc } from "./grpc-probe.ts";
import { attemptHttp } from "./http-probe.ts";
import { attemptTcp } from "./tcp-probe.ts";

export type ProbeResult = { readonly ok: true } | { readonly ok: false; readonly message: string };

/** Who asks: the two differ in headers and in what they make of redirects. */
export type ProbeAsker = "queue-proxy" | "kubelet";

export interface Attempt {
  readonly probe: Probe;
  /** Where the probed container is reached; the probe's own host and port have been resolved into it. */
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
  readonly asker: ProbeAsker;
  /** Feature `autodetect-http2`: try h2c first. */
  readonly detectHttp2?: boolean;
}

/** Never rejects. An exec probe cannot be attempted from outside a container and fails. */
export function attemptProbe(attempt: Attempt): Promise<ProbeResult> {
  const { probe } = attempt;
  if (probe.httpGet !== undefined) return attemptHttp(attempt, probe.httpGet);
  if (probe.tcpSocket !== undefined) return attemptTcp(attempt);
  if (probe.grpc !== undefined) return attemptGrpc(attempt, probe.grpc.service ?? "");
  return Promise.resolve({ ok: false, message: "no probe handler that can be run from here" });
}
