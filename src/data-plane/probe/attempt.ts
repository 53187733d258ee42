// Makes one attempt of a probe (httpGet, tcpSocket or grpc) by the rules of the queue-proxy or the kubelet.
import { errorText } from "../../base/errors.ts";
import { attemptGrpc } from "./grpc-probe.ts";
import { attemptHttp } from "./http-probe.ts";
import type { ProbeAttempt, ProbeResult } from "./probe-result.ts";
import { attemptTcp } from "./tcp-probe.ts";

/** Never rejects. An exec probe always fails, because it needs to run in the container. */
export async function attemptProbe(attempt: ProbeAttempt): Promise<ProbeResult> {
  const { probe } = attempt;
  try {
    if (probe.httpGet !== undefined) return await attemptHttp(attempt, probe.httpGet);
    if (probe.tcpSocket !== undefined) return await attemptTcp(attempt);
    if (probe.grpc !== undefined) return await attemptGrpc(attempt, probe.grpc.service ?? "");
    return { ok: false, message: "no probe handler that can be run from here" };
  } catch (error) {
    // Node throws for header fields and port numbers that it does not allow, but a probe can contain them.
    return { ok: false, message: errorText(error) };
  }
}
