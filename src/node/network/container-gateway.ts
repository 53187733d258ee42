// The gateway as a container of the session's network, for engines on whose networks this process cannot listen. The container only passes on: names and
// requests are answered here, behind one door that asks for a secret.
import { randomBytes } from "node:crypto";
import { type OpenListener, openListener } from "../../data-plane/http-server/open-listener.ts";
import { makeClusterDns } from "./cluster-dns.ts";
import { makeDnsForwarder } from "./dns-forwarder.ts";
import type { ClusterGateway, GatewayOptions } from "./gateway.ts";
import { GatewayContainer } from "./gateway-container.ts";
import { openPublicDoor } from "./own-address.ts";
import { relayHost, relayTargets } from "./relay-addresses.ts";
import { openRelayListener } from "./relay-listener.ts";

/** Below the addresses that pods get. */
const GATEWAY_HOST = 9;
const LOOPBACK = "127.0.0.1";
const REACH_MS = 15_000;
const SECRET_BYTES = 24;

/**
 * Starts the container and resolves when it has found its way to knap. `own`: this machine's address on the network, if it has one. Rejects with a
 * RuntimeError when the container cannot be had, with an Error when it cannot reach knap; then nothing is left behind.
 */
export async function openContainerGateway(options: GatewayOptions, own: string | undefined): Promise<ClusterGateway> {
  const { network, names, handler, publicPort } = options;
  const address = network.subnet.replace(/\d+\/24$/, String(GATEWAY_HOST));
  const secret = randomBytes(SECRET_BYTES).toString("hex");
  const opened = new DisposableParts();
  try {
    const door = async (kind: "local" | "public"): Promise<OpenListener> =>
      opened.add(await openListener({ host: LOOPBACK, port: 0, listener: kind, handler }));
    const doors = { local: await door("local"), public: await door("public") };
    const dns = makeClusterDns({ names, address, forward: makeDnsForwarder() });
    const ready = new Signal();
    const relay = await openRelayListener({ host: relayHost(own), secret, doors, dns, onReady: () => ready.give() });
    opened.add({ close: async () => relay[Symbol.asyncDispose]() });
    const targets = relayTargets(own, relay.port);
    const container = new GatewayContainer(options, address, { task: "serve", targets, secret, publicPort });
    opened.add({ close: () => container.close() });
    await container.open();
    const open = own === undefined ? undefined : await openPublicDoor(options, own);
    if (open) opened.add(open);
    if (!(await ready.within(REACH_MS))) throw new Error(unreachable(targets));
    return { mode: "container", address, close: (graceMs) => opened.close(graceMs) };
  } catch (error) {
    await opened.close(0);
    throw error;
  }
}

function unreachable(targets: ReturnType<typeof relayTargets>): string {
  const tried = targets.map(({ host, port }) => `${host}:${port}`).join(", ");
  return `containers do not reach this machine at ${tried}; does a firewall drop what they send?`;
}

interface Part {
  close(graceMs: number): Promise<void>;
}

/** What was opened, closed in reverse. */
class DisposableParts {
  readonly #parts: Part[] = [];

  add<T extends Part>(part: T): T {
    this.#parts.push(part);
    return part;
  }

  async close(graceMs: number): Promise<void> {
    for (const part of this.#parts.toReversed()) await part.close(graceMs);
  }
}

/** Something that happens once, or not in time. */
class Signal {
  #given = false;
  #tell: (() => void) | undefined;

  give(): void {
    this.#given = true;
    this.#tell?.();
  }

  within(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), ms);
      this.#tell = () => {
        clearTimeout(timer);
        resolve(true);
      };
      if (this.#given) this.#tell();
    });
  }
}
