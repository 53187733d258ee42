// Where knap listens for the gateway container, and at which addresses the container looks for it.
import { networkInterfaces } from "node:os";
import type { RelayTarget } from "./relay-client.ts";

const LOOPBACK = "127.0.0.1";
const EVERYWHERE = "0.0.0.0";
/** What engines call the machine they run for: Docker and its desktop, Podman. */
const HOST_NAMES = ["host.docker.internal", "host.containers.internal"];

/**
 * This machine's own address on the network if it has one. Engines in a virtual machine (macOS, Windows) hand connections to the host's loopback; else,
 * as with a rootless engine, nobody can tell which address they come to.
 */
export function relayHost(own: string | undefined): string {
  return own ?? (process.platform === "linux" ? EVERYWHERE : LOOPBACK);
}

/** In no order: the first that answers is taken. */
export function relayTargets(own: string | undefined, port: number): readonly RelayTarget[] {
  if (own !== undefined) return [{ host: own, port }];
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === "IPv4" && !internal)
    .map(({ address }) => address);
  return [...HOST_NAMES, ...outside].map((host) => ({ host, port }));
}
