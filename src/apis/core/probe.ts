// What all components ask of a Probe: its handler, its port, and its timing without the handler. Pure.
import type { Container, IntOrString, Probe } from "./pod-spec.ts";

/** The kinds of handler of a probe. A new kind stands here, in the field table and in `data-plane/probe/attempt.ts`. */
export const PROBE_HANDLERS = ["httpGet", "tcpSocket", "exec", "grpc"] as const;

export function hasProbeHandler(probe: Probe): boolean {
  return PROBE_HANDLERS.some((handler) => probe[handler]);
}

/** The port as the manifest gives it; undefined for exec and for a handler without a port. */
export function probePort({ httpGet, tcpSocket, grpc }: Probe): IntOrString | undefined {
  return httpGet?.port ?? tcpSocket?.port ?? grpc?.port;
}

/**
 * The probed port as a number: given as such, as digits, or as the name of one of the container's ports. 0 is the
 * default port.
 */
export function probePortNumber(probe: Probe, container?: Container): number | undefined {
  const port = probePort(probe);
  if (typeof port !== "string") return port;
  const named = container?.ports?.find(({ name }) => name === port)?.containerPort;
  return named ?? (/^\d+$/.test(port) ? Number(port) : undefined);
}

/** Delays, periods and thresholds of a probe. */
export function probeTiming(probe: Probe): Probe {
  return Object.fromEntries(
    Object.entries(probe).filter(([key]) => !PROBE_HANDLERS.some((handler) => handler === key)),
  );
}
