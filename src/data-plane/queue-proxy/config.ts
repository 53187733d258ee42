// Defines the settings of a queue-proxy.
import type { Probe } from "../../apis/core/pod-spec.ts";

/** Names of the pod for metrics and the request log. */
export interface QueueProxyIdentity {
  readonly namespace: string;
  readonly service: string;
  readonly configuration: string;
  readonly revision: string;
  readonly pod: string;
  readonly podIP: string;
}

export interface RequestLogConfig {
  /** A Go text/template over Request, Response, Revision, TraceID. Empty: no log. */
  readonly template: string;
  readonly probes: boolean;
  readonly write: (line: string) => void;
}

export interface QueueProxyConfig {
  /** 0: unlimited. */
  readonly containerConcurrency: number;
  readonly timeoutSeconds: number;
  /** 0: off. */
  readonly responseStartTimeoutSeconds: number;
  /** 0: off. */
  readonly idleTimeoutSeconds: number;
  /** From the Pod's SERVING_READINESS_PROBE. Empty: always ready. */
  readonly readinessProbes: readonly Probe[];
  /** Annotation `features.knative.dev/http-full-duplex`. */
  readonly fullDuplex?: boolean;
  /** Feature `autodetect-http2`. */
  readonly detectHttp2?: boolean;
  readonly identity: QueueProxyIdentity;
  readonly requestLog?: RequestLogConfig;
  /** `request-metrics-protocol: prometheus`. */
  readonly userMetrics?: boolean;
}
