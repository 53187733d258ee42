// Chooses the queue-proxies' forwarder by KNAP_FORWARDER: knap's own on node:http (default), or http-proxy.
import { EnvironmentError } from "../base/environment-error.ts";
import type { Logger } from "../base/logger.ts";
import type { ForwarderFactory } from "../data-plane/http/forwarder.ts";
import { defaultForwarder } from "../data-plane/http-client/node-forwarder.ts";

/** Loads http-proxy only if it is chosen. Logs one warning if the default has to fall back. */
export async function chooseForwarder(name: string | undefined, log: Logger): Promise<ForwarderFactory> {
  if (!name || name === "node") {
    const { factory, notice } = defaultForwarder();
    if (notice !== undefined) log.warn(notice);
    return factory;
  }
  if (name === "http-proxy")
    return (await import("../data-plane/http-client/http-proxy-forwarder.ts")).httpProxyForwarder;
  throw new EnvironmentError(
    `no forwarder "${name}"`,
    "KNAP_FORWARDER is node or http-proxy",
    "Unset it for the default",
  );
}
