// Reads facts from a Probe: its handler, its port, and its timing. Pure.
import type { Container, IntOrString, Probe } from "./pod-spec.ts";

export const PROBE_HANDLERS = ["httpGet", "tcpSocket", "exec", "grpc"] as const;

export function hasProbeHandler(probe: Probe): boolean {
  return PROBE_HANDLERS.some((handler) => probe[handler]);
}

/** Returns the port as in the manifest; undefined for exec and for a handler without a port. */
export function probePort({ httpGet, tcpSocket, grpc }: Probe): IntOrString | undefined {
  return httpGet?.port ?? tcpSocket?.port ?? grpc?.port;
}

/**
 * Returns the probed port as a number. A text is the name of one of the container's ports, or digits. 0: the default
 * port.
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
