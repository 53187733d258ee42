// Makes the queue-proxy container of a pod. knap's kubelet reads its settings but does not start the container.
// Source: pkg/reconciler/revision/resources/queue.go.
import { SYSTEM_NAMESPACE } from "../../../apis/config/serving-config.ts";
import type { MetricsConfig, ObservabilityConfig, ServingConfig } from "../../../apis/config/types.ts";
import { QUEUE_PROXY, servingContainer } from "../../../apis/core/pod.ts";
import type { Container, EnvVar, Probe } from "../../../apis/core/pod-spec.ts";
import { probeTiming } from "../../../apis/core/probe.ts";
import type { Stored } from "../../../apis/meta/object.ts";
import {
  AUTOSCALING_METRICS_PORT,
  BACKEND_HTTPS_PORT,
  backendPort,
  USER_METRICS_PORT,
} from "../../../apis/networking/ports.ts";
import { FULL_DUPLEX_ANNOTATION, SERVICE_LABEL } from "../../../apis/serving/labels.ts";
import type { Revision } from "../../../apis/serving/types.ts";
import { goJson, queueProbeJson } from "./queue-probe.ts";
import { makeQueueResources } from "./queue-resources.ts";
import { configurationOf, named, protocolOf, userPort } from "./revision-parts.ts";

export function makeQueueContainer(revision: Stored<Revision>, config: ServingConfig): Container {
  const port = backendPort(protocolOf(revision));
  const probe = servingContainer(revision.spec.containers)?.readinessProbe;
  return {
    name: QUEUE_PROXY,
    image: config.deployment.queueSidecarImage,
    ports: [
      { name: "http-autometric", containerPort: AUTOSCALING_METRICS_PORT },
      { name: "http-usermetric", containerPort: USER_METRICS_PORT },
      { name: "queue-port", containerPort: port },
      { name: "https-port", containerPort: BACKEND_HTTPS_PORT },
    ],
    env: queueEnv(revision, config, port),
    resources: makeQueueResources(config, revision.metadata.annotations, servingContainer(revision.spec.containers)),
    ...(probe ? { readinessProbe: queueReadiness(probe, port) } : {}),
    securityContext: {
      capabilities: { drop: ["ALL"] },
      runAsNonRoot: true,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      seccompProfile: { type: "RuntimeDefault" },
    },
  };
}

/** Returns a probe of queue-proxy with the timings of the user's probe. queue-proxy then probes the container. */
function queueReadiness(probe: Probe, port: number): Probe {
  return { httpGet: { port, httpHeaders: [{ name: "K-Network-Probe", value: "queue" }] }, ...probeTiming(probe) };
}

function queueEnv(revision: Stored<Revision>, config: ServingConfig, port: number): readonly EnvVar[] {
  const { metadata, spec } = revision;
  const gate = (name: string) => config.features.gates[name] === "Enabled";
  const severalProbed = gate("multi-container-probing");
  return [
    named("SERVING_NAMESPACE", metadata.namespace),
    named("SERVING_SERVICE", metadata.labels?.[SERVICE_LABEL]),
    named("SERVING_CONFIGURATION", configurationOf(revision)),
    named("SERVING_REVISION", metadata.name),
    named("QUEUE_SERVING_PORT", String(port)),
    named("QUEUE_SERVING_TLS_PORT", String(BACKEND_HTTPS_PORT)),
    named("CONTAINER_CONCURRENCY", String(spec.containerConcurrency ?? 0)),
    named("REVISION_TIMEOUT_SECONDS", String(spec.timeoutSeconds ?? 0)),
    named("REVISION_RESPONSE_START_TIMEOUT_SECONDS", String(spec.responseStartTimeoutSeconds ?? 0)),
    named("REVISION_IDLE_TIMEOUT_SECONDS", String(spec.idleTimeoutSeconds ?? 0)),
    { name: "SERVING_POD", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
    { name: "SERVING_POD_IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
    named("SERVING_LOGGING_CONFIG", ""),
    named("SERVING_LOGGING_LEVEL", ""),
    named("USER_PORT", String(userPort(revision))),
    named("SYSTEM_NAMESPACE", SYSTEM_NAMESPACE),
    named("SERVING_READINESS_PROBE", queueProbeJson(revision, severalProbed)),
    { name: "HOST_IP", valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "status.hostIP" } } },
    named("ENABLE_HTTP2_AUTO_DETECTION", String(gate("autodetect-http2"))),
    named(
      "ENABLE_HTTP_FULL_DUPLEX",
      String(metadata.annotations?.[FULL_DUPLEX_ANNOTATION]?.toLowerCase() === "enabled"),
    ),
    named("ROOT_CA", config.deployment.queueSidecarRootCa),
    named("QUEUE_PROXY_TLS_MIN_VERSION", ""),
    named("QUEUE_PROXY_TLS_MAX_VERSION", ""),
    named("QUEUE_PROXY_TLS_CIPHER_SUITES", ""),
    named("QUEUE_PROXY_TLS_CURVE_PREFERENCES", ""),
    named("ENABLE_MULTI_CONTAINER_PROBES", String(severalProbed)),
    named("OBSERVABILITY_CONFIG", observabilityJson(config.observability)),
  ];
}

/** Returns the value of OBSERVABILITY_CONFIG without zero values. */
function observabilityJson(config: ObservabilityConfig): string {
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

/** Returns nanoseconds, as Go encodes a duration. A JSON number is exact up to 100 days. */
function intervalJson(intervalNs: bigint): object {
  return intervalNs === 0n ? {} : { exportInterval: Number(intervalNs) };
}
