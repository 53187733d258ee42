// What the queue-proxy of a pod is told: read from the environment of the pod's `queue-proxy` container, which stands in the template as in
// Knative but is never started (pkg/queue/sharedmain/main.go reads the same variables). Pure.

import { QUEUE_PROXY } from "../../apis/core/pod.ts";
import type { Container, Probe } from "../../apis/core/pod-spec.ts";
import type { Pod } from "../../apis/core/types.ts";
import { BACKEND_H2C_PORT, BACKEND_HTTP_PORT, USER_METRICS_PORT } from "../../apis/networking/ports.ts";
import { CONFIGURATION_LABEL } from "../../apis/serving/labels.ts";
import type { QueueProxyConfig } from "./config.ts";

export interface PodQueueProxy {
  readonly config: Omit<QueueProxyConfig, "identity" | "requestLog"> & {
    readonly identity: Omit<QueueProxyConfig["identity"], "podIP">;
  };
  /** The container's port that requests go to. */
  readonly userPort: number;
  /** undefined: as the client spoke (`autodetect-http2`). */
  readonly protocol: "http1" | "h2c";
  /** The port under which Endpoints show the pod. */
  readonly servingPort: number;
  /** Where the user's metrics are served; undefined: nowhere. */
  readonly userMetricsPort: number | undefined;
  /** The request log's template, "" when there is none; probes are logged too when `logsProbes`. */
  readonly requestLogTemplate: string;
  readonly logsProbes: boolean;
}

interface ObservabilityEnv {
  readonly requestMetrics?: { readonly protocol?: string; readonly endpoint?: string };
  readonly requestLogTemplate?: string;
  readonly enableRequestLog?: boolean;
  readonly enableProbeRequestLog?: boolean;
}

/** undefined: the pod has no queue-proxy container (it is none of Knative's). */
export function readPodQueueProxy(pod: Pod): PodQueueProxy | undefined {
  const container = pod.spec.containers.find(({ name }) => name === QUEUE_PROXY);
  if (!container) return undefined;
  const env = environmentOf(container);
  const number = (name: string): number => Number(env.get(name) ?? 0) || 0;
  const servingPort = env.get("QUEUE_SERVING_PORT") ?? String(BACKEND_HTTP_PORT);
  const observability = (parseJson(env.get("OBSERVABILITY_CONFIG")) ?? {}) as ObservabilityEnv;
  const userMetricsPort = readMetricsPort(observability);
  return {
    config: {
      containerConcurrency: number("CONTAINER_CONCURRENCY"),
      timeoutSeconds: number("REVISION_TIMEOUT_SECONDS"),
      responseStartTimeoutSeconds: number("REVISION_RESPONSE_START_TIMEOUT_SECONDS"),
      idleTimeoutSeconds: number("REVISION_IDLE_TIMEOUT_SECONDS"),
      readinessProbes: readProbes(env.get("SERVING_READINESS_PROBE")),
      fullDuplex: env.get("ENABLE_HTTP_FULL_DUPLEX") === "true",
      detectHttp2: env.get("ENABLE_HTTP2_AUTO_DETECTION") === "true",
      userMetrics: userMetricsPort !== undefined,
      identity: {
        namespace: env.get("SERVING_NAMESPACE") ?? pod.metadata.namespace ?? "",
        service: env.get("SERVING_SERVICE") ?? "",
        configuration: env.get("SERVING_CONFIGURATION") ?? pod.metadata.labels?.[CONFIGURATION_LABEL] ?? "",
        revision: env.get("SERVING_REVISION") ?? "",
        pod: pod.metadata.name,
      },
    },
    userPort: number("USER_PORT"),
    protocol: servingPort === String(BACKEND_H2C_PORT) ? "h2c" : "http1",
    servingPort: Number(servingPort),
    userMetricsPort,
    requestLogTemplate: observability.enableRequestLog ? (observability.requestLogTemplate ?? "") : "",
    logsProbes: observability.enableProbeRequestLog ?? false,
  };
}

/** The port of `host:port`, or the usual one. With one that cannot be had Knative's queue-proxy does not start; here there are no metrics. */
function readMetricsPort({ requestMetrics }: ObservabilityEnv): number | undefined {
  if (requestMetrics?.protocol !== "prometheus") return undefined;
  if (!requestMetrics.endpoint) return USER_METRICS_PORT;
  const port = Number(/:(\d+)$/.exec(requestMetrics.endpoint)?.[1]);
  return port >= 1024 && port <= 65_535 ? port : undefined;
}

function environmentOf({ env }: Container): ReadonlyMap<string, string> {
  return new Map((env ?? []).map(({ name, value }) => [name, value ?? ""]));
}

/** One probe, or with several probed containers a list of them; nothing: always ready. */
function readProbes(text: string | undefined): readonly Probe[] {
  const read = parseJson(text);
  if (Array.isArray(read)) return read as Probe[];
  return read ? [read as Probe] : [];
}

function parseJson(text: string | undefined): unknown {
  if (!text) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
