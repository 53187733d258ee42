// Opens the gateway as a container, for engines on whose networks knap cannot listen. The container relays connections
// and DNS queries to a listener in knap's process, which demands a secret.
import { randomBytes } from "node:crypto";
import { sleep } from "../../base/sleep.ts";
import { type OpenListener, openListener } from "../../data-plane/http-server/open-listener.ts";
import { makeClusterDns } from "./cluster-dns.ts";
import { makeDnsForwarder } from "./dns-forwarder.ts";
import type { ClusterGateway, GatewayOptions } from "./gateway.ts";
import { GatewayContainer } from "./gateway-container.ts";
import { openPublicListener, relayHost, relayTargets } from "./host-addresses.ts";
import { openRelayListener } from "./relay-listener.ts";

/** The last byte of the gateway's address, below the addresses of pods. */
const GATEWAY_NUMBER = 9;
const LOOPBACK = "127.0.0.1";
const READY_WITHIN_MS = 15_000;
const SECRET_BYTES = 24;

/**
 * Resolves when the container has reached knap. `own`: this machine's address on the network, if it has one. Rejects
 * with a RuntimeError if the container cannot start, with an Error if it cannot reach knap. Then nothing is left open.
 */
export async function openContainerGateway(options: GatewayOptions, own: string | undefined): Promise<ClusterGateway> {
  const { network, names, failsLookup, handler, publicPort } = options;
  const address = network.subnet.replace(/\d+\/24$/, String(GATEWAY_NUMBER));
  const secret = randomBytes(SECRET_BYTES).toString("hex");
  const opened = new OpenParts();
  try {
    const listen = async (kind: "local" | "public"): Promise<OpenListener> =>
      opened.add(await openListener({ host: LOOPBACK, port: 0, listener: kind, handler }));
    const listeners = { local: await listen("local"), public: await listen("public") };
    const dns = makeClusterDns({ names, address, forward: makeDnsForwarder(), failsLookup });
    const ready = new AbortController();
    const onReady = (): void => ready.abort();
    const relay = await openRelayListener({ host: relayHost(own), secret, listeners, dns, onReady });
    opened.add({ close: async () => relay[Symbol.asyncDispose]() });
    const targets = relayTargets(own, relay.port);
    const container = new GatewayContainer(options, address, { task: "serve", targets, secret, publicPort });
    opened.add({ close: () => container.close() });
    await container.open();
    const open = own === undefined ? undefined : await openPublicListener(options, own);
    if (open) opened.add(open);
    await sleep(READY_WITHIN_MS, ready.signal);
    if (!ready.signal.aborted) throw new Error(unreachable(targets));
    return { mode: "container", address, close: (graceMs) => opened.close(graceMs) };
  } catch (error) {
    await opened.close(0);
    throw error;
  }
}

function unreachable(targets: ReturnType<typeof relayTargets>): string {
  const tried = targets.map(({ host, port }) => `${host}:${port}`).join(", ");
  return `containers cannot reach this machine at ${tried}; check whether a firewall drops their packets`;
}

interface ClosablePart {
  close(graceMs: number): Promise<void>;
}

/** Closes what was opened, in reverse order. */
class OpenParts {
  readonly #parts: ClosablePart[] = [];

  add<T extends ClosablePart>(part: T): T {
    this.#parts.push(part);
    return part;
  }

  async close(graceMs: number): Promise<void> {
    for (const part of this.#parts.toReversed()) await part.close(graceMs);
  }
}
