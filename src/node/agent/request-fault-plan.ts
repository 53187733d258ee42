// Combines the faults that act on one request. Pure.
import { delayMsOf, type Fault, faultCause } from "../../apis/faults/fault.ts";
import type { RequestEnd, RequestFault } from "../../data-plane/queue-proxy/request-fault.ts";
import type { QueueProxyRequest } from "../kubelet/queue-proxy-port.ts";

/** Delays add up. Of the other faults, the oldest one decides how the request ends. */
export function planRequestFault(
  faults: readonly Fault[],
  crash: QueueProxyRequest["crash"],
): RequestFault | undefined {
  if (faults.length === 0) return undefined;
  const ends = faults.flatMap((fault) => endOf(fault, crash) ?? []);
  return { delayMs: faults.reduce((sum, fault) => sum + delayMsOf(fault), 0), end: ends[0] };
}

function endOf(fault: Fault, crash: QueueProxyRequest["crash"]): RequestEnd | undefined {
  const cause = faultCause(fault);
  switch (fault.kind) {
    case "errors":
      return { kind: "error", status: fault.status ?? 500, text: cause };
    case "connection-reset":
      return { kind: "reset", text: cause };
    case "queue-full":
      return { kind: "queue full" };
    case "crash-mid-request":
      return { kind: "crash", crash: () => crash({ message: cause }) };
    case "out-of-memory":
      return { kind: "crash", crash: () => crash({ reason: "OOMKilled", message: cause }) };
    default:
      return undefined;
  }
}
