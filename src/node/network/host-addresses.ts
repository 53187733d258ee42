// Finds the address on which knap listens on the session's network, and the addresses at which the gateway container
// searches for knap.
import { networkInterfaces } from "node:os";
import { type OpenListener, openListener } from "../../data-plane/http-server/open-listener.ts";
import { type GatewayOptions, HTTP_PORT, type NetworkInfo } from "./gateway.ts";
import type { RelayTarget } from "./relay-protocol.ts";

const LOOPBACK = "127.0.0.1";
const ALL_ADDRESSES = "0.0.0.0";
/** The names that the host has in containers of Docker, Docker Desktop and Podman. */
const HOST_NAMES = ["host.docker.internal", "host.containers.internal"];

/** Returns this machine's address on the network: that of the bridge, or of the container in which knap runs. */
export async function ownAddress({ gateway, subnet }: NetworkInfo): Promise<string | undefined> {
  if (await isOwn(gateway)) return gateway;
  const prefix = subnet.replace(/\d+\/24$/, "");
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find(({ address }) => address.startsWith(prefix))?.address;
}

/** Returns undefined if the port is taken on that address. With `--address 0.0.0.0`, knap's ingress has taken it. */
export async function openPublicListener(
  { handler, publicPort }: Pick<GatewayOptions, "handler" | "publicPort">,
  address: string,
): Promise<OpenListener | undefined> {
  if (publicPort === HTTP_PORT) return undefined;
  return openListener({ host: address, port: publicPort, listener: "public", handler }).catch(() => undefined);
}

/**
 * Returns the address on which knap listens for the gateway container. Engines in a virtual machine (macOS, Windows)
 * forward to the host's loopback. With a rootless engine the address is unknown, so knap listens on all addresses.
 */
export function relayHost(own: string | undefined): string {
  return own ?? (process.platform === "linux" ? ALL_ADDRESSES : LOOPBACK);
}

/** Returns all addresses at which the gateway container may find knap. */
export function relayTargets(own: string | undefined, port: number): readonly RelayTarget[] {
  if (own !== undefined) return [{ host: own, port }];
  const external = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === "IPv4" && !internal)
    .map(({ address }) => address);
  return [...HOST_NAMES, ...external].map((host) => ({ host, port }));
}

/** Tries to listen on the address, because lists of interfaces leave out bridges without containers. */
async function isOwn(address: string): Promise<boolean> {
  const handler = async (): Promise<void> => {};
  const listener = await openListener({ host: address, port: 0, listener: "local", handler }).catch(() => undefined);
  await listener?.close(0);
  return listener !== undefined;
}
