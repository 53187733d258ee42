// One attempt of a probe against an address: httpGet, tcpSocket or grpc, by the queue-proxy's rules or the kubelet's. It never repeats itself.
import { attemptGrpc } from "./grpc-probe.ts";
import { attemptHttp } from "./http-probe.ts";
import type { ProbeAttempt, ProbeResult } from "./probe-result.ts";
import { attemptTcp } from "./tcp-probe.ts";

/** Never rejects. An exec probe cannot be attempted from outside a container and fails. */
export function attemptProbe(attempt: ProbeAttempt): Promise<ProbeResult> {
  const { probe } = attempt;
  if (probe.httpGet !== undefined) return attemptHttp(attempt, probe.httpGet);
  if (probe.tcpSocket !== undefined) return attemptTcp(attempt);
  if (probe.grpc !== undefined) return attemptGrpc(attempt, probe.grpc.service ?? "");
  return Promise.resolve({ ok: false, message: "no probe handler that can be run from here" });
}
