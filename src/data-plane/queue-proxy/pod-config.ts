// Reads the settings of a pod's queue-proxy from the environment of the pod's `queue-proxy` container, which knap never
// starts. @see pkg/queue/sharedmain/main.go

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
  /** The container port for requests. */
  readonly userPort: number;
  readonly protocol: "http1" | "h2c";
  /** The pod's port in Endpoints. */
  readonly servingPort: number;
  /** The port of the user's metrics; undefined without metrics. */
  readonly userMetricsPort: number | undefined;
  /** Template of the request log, or "". Probes are logged only if `logsProbes` is set. */
  readonly requestLogTemplate: string;
  readonly logsProbes: boolean;
}

interface ObservabilityEnv {
  readonly requestMetrics?: { readonly protocol?: string; readonly endpoint?: string };
  readonly requestLogTemplate?: string;
  readonly enableRequestLog?: boolean;
  readonly enableProbeRequestLog?: boolean;
}

/** Returns undefined for a pod that has no queue-proxy container. */
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

/**
 * Returns the port of `host:port`, or the default. If the port is invalid, knap serves no metrics; Knative does not
 * start.
 */
function readMetricsPort({ requestMetrics }: ObservabilityEnv): number | undefined {
  if (requestMetrics?.protocol !== "prometheus") return undefined;
  if (!requestMetrics.endpoint) return USER_METRICS_PORT;
  const port = Number(/:(\d+)$/.exec(requestMetrics.endpoint)?.[1]);
  return port >= 1024 && port <= 65_535 ? port : undefined;
}

function environmentOf({ env }: Container): ReadonlyMap<string, string> {
  return new Map((env ?? []).map(({ name, value }) => [name, value ?? ""]));
}

/** Parses one probe, or the probes of several containers. */
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
