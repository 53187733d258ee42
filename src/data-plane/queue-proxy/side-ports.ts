// Makes the handlers of the queue-proxy's metrics ports: statistics for the autoscaler, metrics for the user.
import { bytesField } from "../../base/protobuf.ts";
import { type LocalReply, makeError, NOT_FOUND, sendReply } from "../http/errors.ts";
import type { Exchange, Handler } from "../http/exchange.ts";
import type { QueueProxy } from "./queue-proxy.ts";

/** Serves the last full second as protobuf. Ignores `Accept` (`pkg/queue/protobuf_stats_reporter.go`). */
export function makeStatsHandler(proxy: QueueProxy, pod: string): Handler {
  return serveMetrics(() => ({
    status: 200,
    headers: ["Content-Type", "application/protobuf"],
    body: encodeStat(pod, proxy.report()).toString("latin1"),
  }));
}

const METHOD_NOT_ALLOWED: LocalReply = (({ status, headers, body }) => ({
  status,
  headers: [...headers, "Allow", "GET, HEAD"],
  body,
}))(makeError(405, "Method Not Allowed"));

/** `GET /metrics`: Prometheus text (`knative.dev/pkg/observability/metrics/prometheus/server.go`). */
export function makeUserMetricsHandler(proxy: QueueProxy): Handler {
  return serveMetrics(({ method }) => {
    if (method !== "GET" && method !== "HEAD") return METHOD_NOT_ALLOWED;
    const headers = ["Content-Type", "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"];
    return { status: 200, headers, body: Buffer.from(proxy.metricsText()).toString("latin1") };
  });
}

function serveMetrics(makeAnswer: (exchange: Exchange) => LocalReply): Handler {
  return (exchange) => {
    const [path] = exchange.target.split("?", 1);
    sendReply(exchange, path === "/metrics" ? makeAnswer(exchange) : NOT_FOUND);
    return Promise.resolve();
  };
}

/** Encodes the fields of `pkg/autoscaler/metrics/stat.proto` that a queue-proxy sets. Omits zero values. */
function encodeStat(pod: string, report: ReturnType<QueueProxy["report"]>): Buffer {
  const parts = [bytesField(1, pod)];
  const numbers = [
    report.averageConcurrentRequests,
    report.averageProxiedConcurrentRequests,
    report.requestCount,
    report.proxiedRequestCount,
    report.processUptimeSeconds,
  ];
  numbers.forEach((value, at) => {
    if (value === 0) return;
    const field = Buffer.alloc(9);
    field[0] = ((at + 2) << 3) | 1;
    field.writeDoubleLE(value, 1);
    parts.push(field);
  });
  return Buffer.concat(parts);
}
