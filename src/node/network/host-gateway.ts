// The gateway in this very process: it listens on an address that this machine has on the session's network. Needs ports 53 and 80 there; starts no container.
import { type OpenListener, openListener } from "../../data-plane/http-server/open-listener.ts";
import { makeClusterDns } from "./cluster-dns.ts";
import { makeDnsForwarder } from "./dns-forwarder.ts";
import { openDnsServer } from "./dns-server.ts";
import { type ClusterGateway, DNS_PORT, type GatewayOptions, HTTP_PORT } from "./gateway.ts";
import { openPublicDoor } from "./own-address.ts";

/**
 * Opens the doors on `address`, one of this machine's own. Rejects with the error of `listen` when a port cannot be had (EACCES for an ordinary
 * user, EADDRINUSE); then nothing is left open.
 */
export async function openHostGateway(options: GatewayOptions, address: string): Promise<ClusterGateway> {
  const { names, handler, publicPort, log } = options;
  const dns = makeClusterDns({ names, address, forward: makeDnsForwarder() });
  const server = await openDnsServer({ host: address, port: DNS_PORT }, dns);
  const doors: OpenListener[] = [];
  let serverClosed: PromiseLike<void> | undefined;
  const close = async (graceMs: number): Promise<void> => {
    await Promise.all(doors.map((door) => door.close(graceMs)));
    // Requests on their way may still ask for names.
    serverClosed ??= server[Symbol.asyncDispose]();
    await serverClosed;
  };
  try {
    doors.push(await openListener({ host: address, port: HTTP_PORT, listener: "local", handler }));
  } catch (error) {
    await close(0);
    throw error;
  }
  const open = await openPublicDoor(options, address);
  if (open) doors.push(open);
  else log.debug("no public door on the session's network", { address, port: publicPort });
  return { mode: "host", address, close };
}
