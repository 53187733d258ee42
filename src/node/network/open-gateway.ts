// Opens the session's gateway: in knap's process if it can listen on the session's network, else in a container.
import { errorText } from "../../base/errors.ts";
import { type OpenListener, openListener } from "../../data-plane/http-server/open-listener.ts";
import { makeClusterDns } from "./cluster-dns.ts";
import { openContainerGateway } from "./container-gateway.ts";
import { makeDnsForwarder } from "./dns-forwarder.ts";
import { openDnsServer } from "./dns-server.ts";
import { type ClusterGateway, DNS_PORT, type GatewayOptions, HTTP_PORT } from "./gateway.ts";
import { openPublicListener, ownAddress } from "./host-addresses.ts";

export interface OpenedGateway {
  /** undefined if neither mode works on this machine. */
  readonly gateway?: ClusterGateway;
  /** The target of `host.docker.internal` in containers: an address, or the engine's keyword for the host. */
  readonly hostAddress: string;
  /** Why there is no gateway, for the user. */
  readonly notice?: string;
}

/** The engine replaces this keyword by the address of the host. */
const HOST_KEYWORD = "host-gateway";

/** Never rejects: without a gateway, knap still serves Services. `mode`: tries only this mode. */
export async function openGateway(
  options: GatewayOptions,
  mode?: ClusterGateway["mode"] | undefined,
): Promise<OpenedGateway> {
  const own = await ownAddress(options.network);
  // If knap itself runs in a container, its own address is not that of the machine.
  const hostAddress = own === options.network.gateway ? own : HOST_KEYWORD;
  const failures: string[] = [];
  if (own !== undefined && mode !== "container") {
    try {
      return { gateway: await openHostGateway(options, own), hostAddress };
    } catch (error) {
      failures.push(errorText(error));
    }
  }
  if (mode !== "host") {
    try {
      return { gateway: await openContainerGateway(options, own), hostAddress };
    } catch (error) {
      failures.push(errorText(error));
    }
  }
  const why = failures.join("; ") || "this machine has no address on their network";
  return { hostAddress, notice: `containers cannot call Services by cluster names: ${why}` };
}

/** Rejects with the error of `listen` (EACCES for an ordinary user, EADDRINUSE). Then nothing is left open. */
async function openHostGateway(options: GatewayOptions, address: string): Promise<ClusterGateway> {
  const { names, failsLookup, handler, publicPort, log } = options;
  const dns = makeClusterDns({ names, address, forward: makeDnsForwarder(), failsLookup });
  const server = await openDnsServer({ host: address, port: DNS_PORT }, dns);
  const listeners: OpenListener[] = [];
  let serverClosed: PromiseLike<void> | undefined;
  const close = async (graceMs: number): Promise<void> => {
    await Promise.all(listeners.map((listener) => listener.close(graceMs)));
    // DNS closes last, because in-flight requests may still resolve names.
    serverClosed ??= server[Symbol.asyncDispose]();
    await serverClosed;
  };
  try {
    listeners.push(await openListener({ host: address, port: HTTP_PORT, listener: "local", handler }));
  } catch (error) {
    await close(0);
    throw error;
  }
  const publicListener = await openPublicListener(options, address);
  if (publicListener) listeners.push(publicListener);
  else log.debug("no public listener on the session's network", { address, port: publicPort });
  return { mode: "host", address, close };
}
