// Encodes the user's readiness probes as JSON for queue-proxy.
// Source: pkg/reconciler/revision/resources/queue.go, pkg/queue/readiness.
import { servingContainer } from "../../../apis/core/pod.ts";
import type { Container, Probe } from "../../../apis/core/pod-spec.ts";
import { probeTiming } from "../../../apis/core/probe.ts";
import type { Stored } from "../../../apis/meta/object.ts";
import type { Revision } from "../../../apis/serving/types.ts";
import { isServing, userPort } from "./revision-parts.ts";

const LOCAL = "127.0.0.1";

/**
 * Returns the value of SERVING_READINESS_PROBE: one probe, or a list with `severalContainers`; undefined without probe.
 */
export function queueProbeJson(revision: Stored<Revision>, severalContainers: boolean): string | undefined {
  const serving = servingContainer(revision.spec.containers)?.readinessProbe;
  const own = serving && localProbe(serving, userPort(revision));
  if (!severalContainers) return own && goJson(own);
  const sidecars = revision.spec.containers
    .filter((container) => !isServing(container, revision))
    .flatMap((container) => sidecarProbe(container) ?? []);
  return goJson([...(own ? [own] : []), ...sidecars]);
}

function sidecarProbe(container: Container): Probe | undefined {
  const probe = container.readinessProbe;
  return probe === undefined || probe.exec !== undefined ? undefined : localProbe(probe, 0);
}

/** Returns the probe with the local address. For an exec probe, which the kubelet runs, queue-proxy probes the port. */
function localProbe(probe: Probe, fallbackPort: number): Probe {
  const { httpGet, grpc } = probe;
  const timing = probeTiming(probe);
  if (httpGet) {
    const { path, scheme, httpHeaders } = httpGet;
    const port = portOf(httpGet.port, fallbackPort);
    return inGoOrder({
      httpGet: {
        ...(path === undefined ? {} : { path }),
        port,
        host: LOCAL,
        scheme: scheme || "HTTP",
        ...(httpHeaders === undefined ? {} : { httpHeaders }),
      },
      ...timing,
    });
  }
  if (grpc) {
    return inGoOrder({ grpc: { port: grpc.port || fallbackPort, service: grpc.service ?? "" }, ...timing });
  }
  return inGoOrder({ tcpSocket: { port: portOf(probe.tcpSocket?.port, fallbackPort), host: LOCAL }, ...timing });
}

/** Returns the port if the port is a number other than 0, else the fallback. */
function portOf(port: number | string | undefined, fallback: number): number {
  return typeof port === "number" && port !== 0 ? port : fallback;
}

/** Sorts the keys as Go does, because another order would change the pod template and so replace the pods. */
function inGoOrder(probe: Probe): Probe {
  const { initialDelaySeconds, timeoutSeconds, periodSeconds, successThreshold, failureThreshold, ...handler } = probe;
  const needsTimeout = (periodSeconds ?? 0) > 0 && (timeoutSeconds ?? 0) < 1;
  const timings = {
    initialDelaySeconds,
    timeoutSeconds: needsTimeout ? 1 : timeoutSeconds,
    periodSeconds,
    successThreshold,
    failureThreshold,
  };
  return { ...handler, ...Object.fromEntries(Object.entries(timings).filter(([, value]) => value)) } as Probe;
}

/** Encodes JSON as Go does: escapes `<`, `>` and `&`. */
export function goJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
