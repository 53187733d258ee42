// Tries the way that a container's calls take to knap: a firewall that drops them shows only from inside a container. Leaves nothing behind.

import { randomBytes } from "node:crypto";
import { errorText } from "../../base/errors.ts";
import { type ContainerRuntime, RuntimeError } from "../runtime/runtime.ts";
import { GatewayContainer } from "./gateway-container.ts";
import { ownAddress } from "./own-address.ts";
import { relayHost, relayTargets } from "./relay-addresses.ts";
import { openRelayListener } from "./relay-listener.ts";

const PATIENCE_MS = 20_000;
const SECRET_BYTES = 24;

/** `open`: containers reach this machine. `dropped`: what they send to these addresses (`host:port`) does not arrive. */
export type ContainerPath =
  | { readonly state: "open" }
  | { readonly state: "dropped"; readonly addresses: readonly string[] }
  | { readonly state: "unknown"; readonly why: string };

export interface PathTrial {
  readonly runtime: ContainerRuntime;
  /** Begins the names of the network and container that are made for it. */
  readonly prefix: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Opens a network, starts one container on it, lets it call this process, and removes both. Rejects never: what stands in the way is `unknown`. */
export async function tryPathFromContainer(trial: PathTrial): Promise<ContainerPath> {
  try {
    const { runtime, prefix, labels } = trial;
    const network = await runtime.networks.open({ name: prefix, labels });
    try {
      return await callFrom(network, trial);
    } finally {
      await runtime.networks.close(network.id);
    }
  } catch (error) {
    if (error instanceof RuntimeError) return { state: "unknown", why: error.message };
    return { state: "unknown", why: errorText(error) };
  }
}

async function callFrom(
  network: Awaited<ReturnType<ContainerRuntime["networks"]["open"]>>,
  { runtime, prefix, labels, signal }: PathTrial,
): Promise<ContainerPath> {
  const own = await ownAddress(network);
  const secret = randomBytes(SECRET_BYTES).toString("hex");
  const nowhere = { adopt: (socket: { destroy(): void }) => socket.destroy() };
  await using door = await openRelayListener({
    host: relayHost(own),
    secret,
    doors: { local: nowhere, public: nowhere },
    dns: async () => undefined,
    onReady: () => {},
  });
  const targets = relayTargets(own, door.port);
  const parts = { runtime, info: await runtime.info(), network, labels, prefix };
  const container = new GatewayContainer(parts, undefined, { task: "try", targets, secret, publicPort: 0 });
  try {
    const limit = AbortSignal.timeout(PATIENCE_MS);
    const exitCode = await container.run(signal ? AbortSignal.any([signal, limit]) : limit);
    if (exitCode === 0) return { state: "open" };
    return { state: "dropped", addresses: targets.map(({ host, port }) => `${host}:${port}`) };
  } finally {
    await container.close();
  }
}
