// Parses ConfigMap config-observability: request logs, log links, exporters of metrics and traces.
// Source: pkg/observability/config.go.
import { formatDuration } from "../../base/go/duration.ts";
import { quote } from "../../base/go/quote.ts";
import { parseTemplate } from "../../base/go/template.ts";
import { failed, ok, type Result } from "../../base/result.ts";
import type { StringMap } from "../meta/object.ts";
import { type ConfigReader, makeConfigReader } from "./reader.ts";
import type { MetricsConfig, ObservabilityConfig } from "./types.ts";

const FIELDS: readonly (readonly [key: string, value: string])[] = [
  ["requestMethod", '"{{.Request.Method}}"'],
  ["requestUrl", '"{{js .Request.RequestURI}}"'],
  ["requestSize", '"{{.Request.ContentLength}}"'],
  ["status", "{{.Response.Code}}"],
  ["responseSize", '"{{.Response.Size}}"'],
  ["userAgent", '"{{js .Request.UserAgent}}"'],
  ["remoteIp", '"{{js .Request.RemoteAddr}}"'],
  ["serverIp", '"{{.Revision.PodIP}}"'],
  ["referer", '"{{js .Request.Referer}}"'],
  ["latency", '"{{.Response.Latency}}s"'],
  ["protocol", '"{{.Request.Proto}}"'],
];
const httpRequest = FIELDS.map(([key, value]) => `"${key}": ${value}`).join(", ");
/** Knative's default template: one line of JSON per request. */
const REQUEST_LOG_TEMPLATE = `{"httpRequest": {${httpRequest}}, "traceId": "{{.TraceID}}"}`;

/** The default of OpenTelemetry's runtime instrumentation. */
const RUNTIME_INTERVAL_NS = 15_000_000_000n;

/** Returns the error that Knative reports first. */
export function parseObservabilityConfig(data: StringMap): Result<ObservabilityConfig> {
  const read = makeConfigReader(data);
  const tracing = readTracing(read);
  const metrics = readMetrics(read, "metrics");
  const runtime = readRuntime(read);
  const requestMetrics = readMetrics(read, "request-metrics");
  const config: ObservabilityConfig = {
    tracing,
    metrics,
    runtime,
    requestMetrics,
    enableVarLogCollection: read.bool("logging.enable-var-log-collection", false),
    loggingUrlTemplate: read.text("logging.revision-url-template", ""),
    requestLogTemplate: read.text("logging.request-log-template", REQUEST_LOG_TEMPLATE),
    enableRequestLog: read.bool("logging.enable-request-log", false),
    enableProbeRequestLog: read.bool("logging.enable-probe-request-log", false),
  };
  if (config.enableRequestLog && config.requestLogTemplate === "") {
    read.refuse('"logging.enable-request-log" was set to true, but no "logging.request-log-template" was specified');
  }
  if (read.error !== undefined) return failed(read.error);
  const template = parseTemplate("requestLog", config.requestLogTemplate);
  return template.ok ? ok(config) : template;
}

/** `knative.dev/pkg/observability/metrics/config.go` */
function readMetrics(read: ConfigReader, prefix: "metrics" | "request-metrics"): MetricsConfig {
  const protocol = read.text(`${prefix}-protocol`, "none");
  const endpoint = read.text(`${prefix}-endpoint`, "");
  const exportIntervalNs = read.duration(`${prefix}-export-interval`, 0n);
  switch (protocol) {
    case "grpc":
    case "http/protobuf":
      if (endpoint === "") read.refuse(`endpoint should be set when protocol is ${quote(protocol)}`);
      break;
    case "none":
      if (endpoint !== "") read.refuse('endpoint should not be set when protocol is "none"');
      break;
    case "prometheus":
      break;
    default:
      read.refuse(`unsupported protocol ${quote(protocol)}`);
  }
  refuseNegative(read, exportIntervalNs);
  return { protocol: protocol as MetricsConfig["protocol"], endpoint, exportIntervalNs };
}

/** `knative.dev/pkg/observability/tracing/config.go` */
function readTracing(read: ConfigReader): ObservabilityConfig["tracing"] {
  const protocol = read.text("tracing-protocol", "none");
  const endpoint = read.text("tracing-endpoint", "");
  const samplingRate = read.float("tracing-sampling-rate", 0);
  switch (protocol) {
    case "grpc":
    case "http/protobuf":
      if (endpoint === "") read.refuse(`endpoint should be set for protocol ${quote(protocol)}`);
      break;
    case "none":
    case "stdout":
      if (endpoint !== "") read.refuse("endpoint should not be set when protocol is 'none'");
      break;
    default:
      read.refuse(`unsupported protocol ${quote(protocol)}`);
  }
  const rate = `sampling rate ${samplingRate.toFixed(6)} should be`;
  if (samplingRate < 0) read.refuse(`${rate} greater or equal to zero`);
  if (samplingRate > 1) read.refuse(`${rate} less than or equal to one`);
  return { protocol: protocol as ObservabilityConfig["tracing"]["protocol"], endpoint, samplingRate };
}

/** `knative.dev/pkg/observability/runtime/config.go` */
function readRuntime(read: ConfigReader): ObservabilityConfig["runtime"] {
  const profiling = read.text("runtime-profiling", "disabled");
  const exportIntervalNs = read.duration("runtime-export-interval", RUNTIME_INTERVAL_NS);
  if (profiling !== "enabled" && profiling !== "disabled") {
    read.refuse(`unsupported profile setting ${quote(profiling)}`);
  }
  refuseNegative(read, exportIntervalNs);
  return { profiling: profiling as ObservabilityConfig["runtime"]["profiling"], exportIntervalNs };
}

function refuseNegative(read: ConfigReader, intervalNs: bigint): void {
  if (intervalNs < 0n) read.refuse(`export interval ${quote(formatDuration(intervalNs))} should be greater than zero`);
}
