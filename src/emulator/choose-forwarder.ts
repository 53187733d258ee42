// Chooses the queue-proxies' forwarder by KNAP_FORWARDER: knap's own on node:http (default), or http-proxy.
import { EnvironmentError } from "../base/environment-error.ts";
import type { ForwarderFactory } from "../data-plane/http/forwarder.ts";
import { nodeForwarder } from "../data-plane/http-client/node-forwarder.ts";

/** Loads http-proxy only if it is chosen. */
export async function chooseForwarder(name: string | undefined): Promise<ForwarderFactory> {
  if (!name || name === "node") return nodeForwarder;
  if (name === "http-proxy")
    return (await import("../data-plane/http-client/http-proxy-forwarder.ts")).httpProxyForwarder;
  throw new EnvironmentError(
    `no forwarder "${name}"`,
    "KNAP_FORWARDER is node or http-proxy",
    "Unset it for the default",
  );
}
