// What queue-proxy is told about logs, metrics and traces, as the JSON that Knative puts into its environment.
// Source: pkg/observability/config.go.
import type { MetricsConfig, ObservabilityConfig } from "../../../apis/config/types.ts";
import { goJson } from "./queue-probe.ts";

/** The value of OBSERVABILITY_CONFIG; zero values are left out. */
export function observabilityJson(config: ObservabilityConfig): string {
  const { tracing, runtime } = config;
  return goJson({
    tracing: {
      protocol: tracing.protocol,
      ...(tracing.endpoint ? { endpoint: tracing.endpoint } : {}),
      ...(tracing.samplingRate ? { samplingRate: tracing.samplingRate } : {}),
    },
    metrics: metricsJson(config.metrics),
    runtime: { profiling: runtime.profiling, ...intervalJson(runtime.exportIntervalNs) },
    requestMetrics: metricsJson(config.requestMetrics),
    ...(config.enableVarLogCollection ? { EnableVarLogCollection: true } : {}),
    ...(config.loggingUrlTemplate ? { LoggingURLTemplate: config.loggingUrlTemplate } : {}),
    ...(config.enableRequestLog ? { enableRequestLog: true } : {}),
    ...(config.requestLogTemplate ? { requestLogTemplate: config.requestLogTemplate } : {}),
    ...(config.enableProbeRequestLog ? { enableProbeRequestLog: true } : {}),
  });
}

function metricsJson({ protocol, endpoint, exportIntervalNs }: MetricsConfig): object {
  return { protocol, ...(endpoint ? { endpoint } : {}), ...intervalJson(exportIntervalNs) };
}

/** Nanoseconds, as Go writes a duration; a JSON number, exact for a hundred days. */
function intervalJson(intervalNs: bigint): object {
  return intervalNs === 0n ? {} : { exportInterval: Number(intervalNs) };
}
