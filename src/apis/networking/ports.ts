// Defines the ports of queue-proxy and of the activator. Source: networking/pkg/apis/networking/register.go.

/** Requests over HTTP/1.1. */
export const BACKEND_HTTP_PORT = 8012;
/** Requests over HTTP/2 without TLS. */
export const BACKEND_H2C_PORT = 8013;
export const BACKEND_HTTPS_PORT = 8112;
/** queue-proxy: readiness and the preStop hook. */
export const QUEUE_ADMIN_PORT = 8022;
/** queue-proxy: the statistics that the autoscaler collects. */
export const AUTOSCALING_METRICS_PORT = 9090;
/** queue-proxy: Prometheus metrics for users. */
export const USER_METRICS_PORT = 9091;
const PROFILING_PORT = 8008;

/** Returns the port of a Pod to which requests for its containers are sent. */
export function backendPort(protocol: "http1" | "h2c"): number {
  return protocol === "h2c" ? BACKEND_H2C_PORT : BACKEND_HTTP_PORT;
}

/** Ports that a user container must not use. As in Knative, 8112 is not among them. */
export const RESERVED_PORTS: ReadonlySet<number> = new Set([
  PROFILING_PORT,
  BACKEND_HTTP_PORT,
  BACKEND_H2C_PORT,
  QUEUE_ADMIN_PORT,
  AUTOSCALING_METRICS_PORT,
  USER_METRICS_PORT,
]);
