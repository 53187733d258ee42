// What a finished context adds to the user's metrics. It reads and counts nothing itself.
import type { Time } from "../../base/clock.ts";
import type { RequestContext } from "./request-context.ts";
import { type MeasuredRequest, routeTagOf } from "./user-metrics.ts";

/** Statuses are those that Knative's handlers see: a container that never answered leaves Go's 200, a broken answer is a panic. */
export function measure(context: RequestContext, totalMs: number, over: Time): MeasuredRequest {
  const { exchange, facts, status, truncated, forwardedAt, headAt = over, headStatus } = context;
  const invocation = forwardedAt !== undefined && {
    ms: over - forwardedAt,
    status: truncated ? 500 : (headStatus ?? (status === 502 ? 502 : 200)),
    untilHeadMs: headAt - forwardedAt,
    headStatus,
  };
  return {
    method: exchange.method,
    status: truncated ? undefined : status,
    routeTag: routeTagOf(facts.tag ?? "", facts.defaultRoute ?? ""),
    host: exchange.host,
    version: exchange.version,
    requestBytes: context.requestBytes,
    responseBytes: context.sentBytes,
    totalMs,
    ...(invocation && { invocation }),
  };
}
