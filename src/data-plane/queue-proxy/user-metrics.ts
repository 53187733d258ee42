// Measures the requests of one queue-proxy and formats Knative's user metrics as Prometheus text.

import type { QueueProxyIdentity } from "./config.ts";
import { makeLabels, PrometheusHistogram } from "./histogram.ts";

/** Bounds in seconds (`pkg/queue/request_metric.go`). */
const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
/** OpenTelemetry's defaults, in bytes. */
const SIZE_BUCKETS = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000];

/** Labels of the HTTP instrumentation that Knative uses. */
const HTTP_SCOPE = scopeLabels("go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp", "0.69.0");
const KNATIVE_SCOPE = scopeLabels("knative.dev/serving/pkg/queue", "");

const METHODS = new Set(["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"]);
const VERSIONS = { "1.0": "1.0", "1.1": "1.1", "2": "2.0" } as const;

export interface MeasuredRequest {
  readonly method: string;
  /** The status sent to the client; undefined if the response broke off, which the server's metrics omit. */
  readonly status: number | undefined;
  readonly routeTag: string;
  readonly host: string;
  readonly version: keyof typeof VERSIONS;
  /** Body bytes of the request and of the response. */
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** Includes the wait in the breaker. */
  readonly totalMs: number;
  /** Undefined if the request was not forwarded. */
  readonly invocation: Invocation | undefined;
}

/** The part of a request after the breaker. */
interface Invocation {
  readonly ms: number;
  readonly status: number;
  /** Time to the head of the container's response, or to the failure. */
  readonly untilHeadMs: number;
  readonly headStatus: number | undefined;
}

export class UserMetrics {
  readonly #server = new PrometheusHistogram(
    "http_server_request_duration_seconds",
    "Duration of HTTP server requests.",
    DURATION_BUCKETS,
  );
  readonly #requestSize = new PrometheusHistogram(
    "http_server_request_body_size_bytes",
    "Size of HTTP server request bodies.",
    SIZE_BUCKETS,
  );
  readonly #responseSize = new PrometheusHistogram(
    "http_server_response_body_size_bytes",
    "Size of HTTP server response bodies.",
    SIZE_BUCKETS,
  );
  readonly #client = new PrometheusHistogram(
    "http_client_request_duration_seconds",
    "Duration of HTTP client requests.",
    DURATION_BUCKETS,
  );
  readonly #clientSize = new PrometheusHistogram(
    "http_client_request_body_size_bytes",
    "Size of HTTP client request bodies.",
    SIZE_BUCKETS,
  );
  readonly #app = new PrometheusHistogram(
    "kn_serving_invocation_duration_seconds",
    "The duration of task execution",
    DURATION_BUCKETS,
  );
  readonly #target: string;
  readonly #upstream: { readonly host: string; readonly port: number };
  #depth: number | undefined;

  constructor(identity: QueueProxyIdentity, upstream: { readonly host: string; readonly port: number }) {
    this.#upstream = upstream;
    const { namespace, pod, configuration, revision, service } = identity;
    this.#target = makeLabels({
      container_name: "queue-proxy",
      k8s_namespace_name: namespace,
      k8s_pod_name: pod,
      kn_configuration_name: configuration || undefined,
      kn_revision_name: revision || undefined,
      kn_service_name: service || undefined,
      service_instance_id: pod,
      service_name: service || configuration || revision || pod,
      service_version: "unknown",
    });
  }

  /** Called at each forward if concurrency is limited. `inFlight` includes the request itself. */
  recordDepth(inFlight: number): void {
    this.#depth = inFlight;
  }

  record(measured: MeasuredRequest): void {
    const { status, requestBytes, responseBytes, totalMs, invocation } = measured;
    if (status !== undefined) {
      const labels = this.#labelsOf(measured, status, measured.host);
      this.#server.observe(labels, totalMs / 1000);
      this.#requestSize.observe(labels, requestBytes);
      this.#responseSize.observe(labels, responseBytes);
    }
    if (invocation === undefined) return;
    const app = makeLabels({ http_response_status_code: String(invocation.status), ...KNATIVE_SCOPE });
    this.#app.observe(app, invocation.ms / 1000);
    const toApp = this.#labelsOf(measured, invocation.headStatus, `${this.#upstream.host}:${this.#upstream.port}`);
    this.#client.observe(toApp, invocation.untilHeadMs / 1000);
    this.#clientSize.observe(toApp, requestBytes);
  }

  #labelsOf({ method, routeTag, version }: MeasuredRequest, status: number | undefined, host: string): string {
    const upper = method.toUpperCase();
    const { address, port } = splitHost(host);
    return makeLabels({
      error_type: status === undefined ? "_OTHER" : undefined,
      http_request_method: METHODS.has(upper) ? upper : "_OTHER",
      http_response_status_code: status === undefined ? undefined : String(status),
      kn_route_tag: routeTag,
      network_protocol_name: "http",
      network_protocol_version: VERSIONS[version],
      ...HTTP_SCOPE,
      server_address: address,
      server_port: port === "80" ? undefined : port,
      url_scheme: "http",
    });
  }

  /** Returns the metrics in the exposition format, version 0.0.4. */
  text(): string {
    const histograms = [this.#clientSize, this.#client, this.#requestSize, this.#server, this.#responseSize, this.#app];
    return histograms.map((histogram) => histogram.text()).join("") + this.#depthText() + this.#targetText();
  }

  #depthText(): string {
    if (this.#depth === undefined) return "";
    const name = "kn_serving_queue_depth";
    const head = `# HELP ${name} Number of current requests in the queue\n# TYPE ${name} gauge\n`;
    return `${head}${name}{${makeLabels(KNATIVE_SCOPE)}} ${this.#depth}\n`;
  }

  #targetText(): string {
    return `# HELP target_info Target metadata\n# TYPE target_info gauge\ntarget_info{${this.#target}} 1\n`;
  }
}

/** `pkg/queue/routetag_handler.go` */
export function routeTagOf(tag: string, defaultRoute: string): string {
  if (tag === "") return defaultRoute === "" ? "kn:disabled" : "kn:default";
  return defaultRoute === "true" ? "kn:undefined" : tag;
}

function scopeLabels(name: string, version: string) {
  return { otel_scope_name: name, otel_scope_schema_url: "", otel_scope_version: version };
}

/** Parses `name`, `name:port` and `[address]:port`; otherwise the address is "". */
function splitHost(host: string): { readonly address: string; readonly port: string | undefined } {
  const [, six, plain = "", port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(host) ?? [];
  return { address: six ?? plain, port };
}
