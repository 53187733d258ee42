// Chooses the forwarder by which the queue-proxies of a session reach containers.
import { EnvironmentError } from "../base/environment-error.ts";
import type { Logger } from "../base/logger.ts";
import type { ForwarderFactory } from "../data-plane/http/forwarder.ts";
import { defaultForwarder } from "../data-plane/http-client/node-forwarder.ts";

/**
 * Resolves with the queue-proxies' forwarder that KNAP_FORWARDER names. Logs one warning if the default has to fall
 * back.
 */
export async function chooseForwarder(name: string | undefined, log: Logger): Promise<ForwarderFactory> {
  if (!name || name === "node") {
    const { factory, notice } = defaultForwarder();
    if (notice !== undefined) log.warn(notice);
    return factory;
  }
  if (name === "http-proxy")
    return (await import("../data-plane/http-client/http-proxy-forwarder.ts")).httpProxyForwarder;
  throw new EnvironmentError(
    "BAD_VARIABLE",
    `no forwarder "${name}"`,
    "KNAP_FORWARDER is node or http-proxy",
    "Unset it for the default",
  );
}
