// Makes one attempt of a probe (httpGet, tcpSocket or grpc) by the rules of the queue-proxy or the kubelet.
import { attemptGrpc } from "./grpc-probe.ts";
import { attemptHttp } from "./http-probe.ts";
import type { ProbeAttempt, ProbeResult } from "./probe-result.ts";
import { attemptTcp } from "./tcp-probe.ts";

/** Never rejects. An exec probe always fails, because it needs to run in the container. */
export function attemptProbe(attempt: ProbeAttempt): Promise<ProbeResult> {
  const { probe } = attempt;
  if (probe.httpGet !== undefined) return attemptHttp(attempt, probe.httpGet);
  if (probe.tcpSocket !== undefined) return attemptTcp(attempt);
  if (probe.grpc !== undefined) return attemptGrpc(attempt, probe.grpc.service ?? "");
  return Promise.resolve({ ok: false, message: "no probe handler that can be run from here" });
}
