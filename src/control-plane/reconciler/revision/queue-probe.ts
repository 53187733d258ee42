// The user's readiness probes as queue-proxy runs them, and the JSON in which it is told.
// Source: pkg/reconciler/revision/resources/queue.go, pkg/queue/readiness.

import { servingContainer } from "../../../apis/core/pod.ts";
import type { Container, Probe } from "../../../apis/core/pod-spec.ts";
import { probeTiming } from "../../../apis/core/probe.ts";
import type { Stored } from "../../../apis/meta/object.ts";
import type { Revision } from "../../../apis/serving/types.ts";
import { isServing, userPort } from "./revision-parts.ts";

const LOCAL = "127.0.0.1";

/** The value of SERVING_READINESS_PROBE: one probe, or with several containers probed a list; undefined without any probe. */
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

/** The probe against this pod's own address. An exec probe stays with the kubelet; here a connection to the port stands for it. */
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

/** A number other than 0 is honoured; a name or nothing means the fallback. */
function portOf(port: number | string | undefined, fallback: number): number {
  return typeof port === "number" && port !== 0 ? port : fallback;
}

/** queue-proxy compares texts nowhere, but a template that differs in the order of keys would roll the pods. */
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

/** JSON as Go's encoder writes it: `<`, `>` and `&` escaped. */
export function goJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
