// What a queue-proxy is told when it is made: the revision's limits and names. Data only.
import type { Probe } from "../../apis/core/pod-spec.ts";

/** Who the pod is; stands in metrics and in the request log. */
export interface QueueProxyIdentity {
  readonly namespace: string;
  readonly service: string;
  readonly configuration: string;
  readonly revision: string;
  readonly pod: string;
  readonly podIP: string;
}

export interface RequestLogConfig {
  /** Go text/template over Request, Response, Revision, TraceID; empty: no log. */
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
  /** As the Pod's SERVING_READINESS_PROBE says; empty: always ready. */
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
