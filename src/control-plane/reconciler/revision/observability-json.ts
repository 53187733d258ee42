// What queue-proxy is told about logs, metrics and traces, as the JSON that Knative puts into its environment.
// Source: pkg/observability/config.go.
import type { ObservabilityConfig } from "../../../apis/config/types.ts";
import { goJson } from "./queue-probe.ts";

const EXPORT_INTERVAL_NS = 15_000_000_000;

/** The value of OBSERVABILITY_CONFIG. Metrics and traces are never exported from a laptop. */
export function observabilityJson(config: ObservabilityConfig): string {
  return goJson({
    tracing: { protocol: "none" },
    metrics: { protocol: "none" },
    runtime: { profiling: "disabled", exportInterval: EXPORT_INTERVAL_NS },
    requestMetrics: { protocol: "none" },
    ...(config.enableVarLogCollection ? { EnableVarLogCollection: true } : {}),
    ...(config.loggingUrlTemplate ? { LoggingURLTemplate: config.loggingUrlTemplate } : {}),
    ...(config.enableRequestLog ? { enableRequestLog: true } : {}),
    ...(config.requestLogTemplate ? { requestLogTemplate: config.requestLogTemplate } : {}),
    ...(config.enableProbeRequestLog ? { enableProbeRequestLog: true } : {}),
  });
}
