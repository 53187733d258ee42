// The user's metrics of one queue-proxy in Prometheus text, with Knative's names. It counts; it never listens.

import type { QueueProxyIdentity } from "./config.ts";
import { Histogram, makeLabels } from "./histogram.ts";

/** Bounds in seconds (`pkg/queue/request_metric.go`). */
const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
/** OpenTelemetry's defaults, in bytes. */
const SIZE_BUCKETS = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000];

export interface Measured {
  readonly method: string;
  readonly status: number;
  readonly routeTag: string;
  readonly host: string;
  readonly version: string;
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** From arrival, the wait in the breaker included. */
  readonly totalMs: number;
  /** Without that wait; undefined when the request never reached the container. */
  readonly appMs: number | undefined;
}

export class UserMetrics {
  private readonly server = new Histogram(
    "http_server_request_duration_seconds",
    "Duration of HTTP server requests.",
    DURATION_BUCKETS,
  );
  private readonly requestSize = new Histogram(
    "http_server_request_body_size_bytes",
    "Size of HTTP server request bodies.",
    SIZE_BUCKETS,
  );
  private readonly responseSize = new Histogram(
    "http_server_response_body_size_bytes",
    "Size of HTTP server response bodies.",
    SIZE_BUCKETS,
  );
  private readonly client = new Histogram(
    "http_client_request_duration_seconds",
    "Duration of HTTP client requests.",
    DURATION_BUCKETS,
  );
  private readonly clientSize = new Histogram(
    "http_client_request_body_size_bytes",
    "Size of HTTP client request bodies.",
    SIZE_BUCKETS,
  );
  private readonly app = new Histogram(
    "kn_serving_invocation_duration_seconds",
    "The duration of task execution.",
    DURATION_BUCKETS,
  );
  private readonly target: string;
  private readonly upstream: { readonly host: string; readonly port: number };
  private depth: number | undefined;

  constructor(identity: QueueProxyIdentity, upstream: { readonly host: string; readonly port: number }) {
    this.upstream = upstream;
    this.target = makeLabels({
      container_name: "queue-proxy",
      k8s_namespace_name: identity.namespace,
      k8s_pod_name: identity.pod,
      kn_configuration_name: identity.configuration,
      kn_revision_name: identity.revision,
      kn_service_name: identity.service,
      service_instance_id: identity.pod,
      service_name: identity.service,
    });
  }

  /** At each dispatch to the container, with a concurrency limit only: what is in flight, itself included. */
  recordDepth(inFlight: number): void {
    this.depth = inFlight;
  }

  record(measured: Measured): void {
    const { method, status, routeTag, version, requestBytes, responseBytes, totalMs, appMs } = measured;
    const [address = "", port = "80"] = measured.host.split(/:(?=\d+$)/);
    const labels = makeLabels({
      http_request_method: method,
      http_response_status_code: String(status),
      kn_route_tag: routeTag,
      network_protocol_name: "http",
      network_protocol_version: version,
      server_address: address,
      server_port: port,
      url_scheme: "http",
    });
    this.server.observe(labels, totalMs / 1000);
    this.requestSize.observe(labels, requestBytes);
    this.responseSize.observe(labels, responseBytes);
    if (appMs === undefined) return;
    this.app.observe(makeLabels({ http_response_status_code: String(status) }), appMs / 1000);
    const toApp = makeLabels({
      http_request_method: method,
      http_response_status_code: String(status),
      server_address: this.upstream.host,
      server_port: String(this.upstream.port),
      url_scheme: "http",
    });
    this.client.observe(toApp, appMs / 1000);
    this.clientSize.observe(toApp, requestBytes);
  }

  /** The exposition format, version 0.0.4. */
  text(): string {
    const histograms = [this.clientSize, this.client, this.requestSize, this.server, this.responseSize, this.app];
    const depth =
      this.depth === undefined
        ? ""
        : `# HELP kn_serving_queue_depth Number of current items in the queue proxy queue.\n# TYPE kn_serving_queue_depth gauge\nkn_serving_queue_depth ${this.depth}\n`;
    const target = `# HELP target_info Target metadata\n# TYPE target_info gauge\ntarget_info{${this.target}} 1\n`;
    return histograms.map((histogram) => histogram.text()).join("") + depth + target;
  }
}

/** `pkg/queue/routetag_handler.go` */
export function routeTagOf(tag: string, defaultRoute: string): string {
  if (tag === "") return defaultRoute === "" ? "kn:disabled" : "kn:default";
  return defaultRoute === "true" ? "kn:undefined" : tag;
}
