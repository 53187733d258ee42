// From a revision's containers to the probes its queue-proxy runs. Pure; `pkg/reconciler/revision/resources/{queue,deploy}.go`.
import type { Container, Probe } from "../../apis/core/pod-spec.ts";

export interface QueueProbesFrom {
  readonly containers: readonly Container[];
  /** The container that serves. */
  readonly serving: Container;
  readonly userPort: number;
  /** Feature `multi-container-probing`. */
  readonly multiContainer: boolean;
}

/**
 * The serving container's probe with its port resolved (exec becomes a TCP connect: the kubelet runs the command itself), and with the
 * feature on those of the sidecars, exec ones left out.
 */
export function makeQueueProbes({ containers, serving, userPort, multiContainer }: QueueProbesFrom): Probe[] {
  const probes: Probe[] = [];
  for (const container of containers) {
    const probe = container.readinessProbe;
    if (container === serving) probes.push(resolved(probe ?? { successThreshold: 1 }, userPort));
    else if (multiContainer && probe !== undefined && probe.exec === undefined) probes.push(resolved(probe, userPort));
  }
  return probes;
}

/** A port of the user's own is kept when it is a number other than 0; a name or none means the user port. */
function resolved(probe: Probe, userPort: number): Probe {
  const portOf = (port: unknown): number => (typeof port === "number" && port !== 0 ? port : userPort);
  const { exec: _exec, httpGet, tcpSocket, grpc, ...times } = probe;
  if (httpGet) return { ...times, httpGet: { ...httpGet, port: portOf(httpGet.port) } };
  if (grpc) return { ...times, grpc: { ...grpc, port: portOf(grpc.port) } };
  return { ...times, tcpSocket: { port: portOf(tcpSocket?.port) } };
}
