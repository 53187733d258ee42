// Tests from inside a container whether containers can reach this machine, because only there a firewall that drops
// packets shows.
import { randomBytes } from "node:crypto";
import { errorText } from "../../base/errors.ts";
import { type ContainerRuntime, RuntimeError } from "../runtime/runtime.ts";
import type { NetworkInfo } from "./gateway.ts";
import { GatewayContainer } from "./gateway-container.ts";
import { ownAddress, relayHost, relayTargets } from "./host-addresses.ts";
import { openRelayListener } from "./relay-listener.ts";

const TIME_LIMIT_MS = 20_000;
const SECRET_BYTES = 24;

/** `open`: containers reach this machine. `dropped`: their packets to `addresses` (`host:port`) do not arrive. */
export type ContainerPath =
  | { readonly state: "open" }
  | { readonly state: "dropped"; readonly addresses: readonly string[] }
  | { readonly state: "unknown"; readonly why: string };

export interface PathTrial {
  readonly runtime: ContainerRuntime;
  /** The prefix of the names of network and container. */
  readonly prefix: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Starts a container that connects to this process, on a new network. Removes both at the end. Never rejects. */
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

async function callFrom(network: NetworkInfo, { runtime, prefix, labels, signal }: PathTrial): Promise<ContainerPath> {
  const own = await ownAddress(network);
  const secret = randomBytes(SECRET_BYTES).toString("hex");
  const noListener = { adopt: (socket: { destroy(): void }) => socket.destroy() };
  await using listener = await openRelayListener({
    host: relayHost(own),
    secret,
    listeners: { local: noListener, public: noListener },
    dns: async () => undefined,
    onReady: () => {},
  });
  const targets = relayTargets(own, listener.port);
  const parts = { runtime, info: await runtime.info(), network, labels, prefix };
  const container = new GatewayContainer(parts, undefined, { task: "try", targets, secret, publicPort: 0 });
  try {
    const limit = AbortSignal.timeout(TIME_LIMIT_MS);
    const exitCode = await container.run(signal ? AbortSignal.any([signal, limit]) : limit);
    if (exitCode === 0) return { state: "open" };
    return { state: "dropped", addresses: targets.map(({ host, port }) => `${host}:${port}`) };
  } finally {
    await container.close();
  }
}
