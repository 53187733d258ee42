// A session's network: opens one on a /24 of its own and decides, once per engine, whether containers are dialled directly.
import type Docker from "dockerode";
import { type ContainerRuntime, RuntimeError } from "../runtime.ts";
import { asking, isGone } from "./engine-error.ts";
import { freeSubnets, gatewayOf } from "./subnets.ts";

/** What the machine says of itself; a function each, because addresses come and go with networks. */
export interface Machine {
  /** Is this one of this host's own addresses? */
  owns(address: string): Promise<boolean>;
  /** Id of the engine's container that this process runs in, if it does. */
  ownContainer(): Promise<string | undefined>;
}

export interface NetworkOptions {
  readonly docker: Docker;
  readonly pools: string;
  readonly machine: Machine;
  /** Called with the gateway of each network that was opened. */
  readonly onOpened: (gateway: string) => void;
}

/** Engines give a container's published ports and default route to the first of its networks by name: let that be the one it came with. */
const BEHIND_OTHERS = "zz-";

/** Makes the network half of the runtime. A process that runs in a container of the engine joins each network it opens. */
export function makeDockerNetworks(options: NetworkOptions): ContainerRuntime["networks"] {
  const { docker, machine } = options;
  return {
    open: (request) =>
      asking(`opening network ${request.name}`, async () => {
        const self = await machine.ownContainer();
        const name = self === undefined ? request.name : BEHIND_OTHERS + request.name;
        const { id, subnet } = await createOnFreeSubnet(options, { ...request, name });
        if (self !== undefined) await docker.getNetwork(id).connect({ Container: self });
        const gateway = gatewayOf(subnet);
        options.onOpened(gateway);
        return { id, gateway, subnet };
      }),
    close: (id) =>
      asking("closing a network", async () => {
        const network = docker.getNetwork(id);
        try {
          const self = await machine.ownContainer();
          if (self !== undefined) await network.disconnect({ Container: self, Force: true }).catch(() => {});
          await network.remove();
        } catch (failure) {
          if (!isGone(failure)) throw failure;
        }
      }),
    list: (label) =>
      asking("listing networks", async () => {
        const found = await docker.listNetworks({ filters: { label: [label] } });
        return found.map((network) => ({ id: network.Id, name: network.Name, labels: network.Labels ?? {} }));
      }),
  };
}

async function createOnFreeSubnet(
  { docker, pools, machine }: NetworkOptions,
  request: Parameters<ContainerRuntime["networks"]["open"]>[0],
): Promise<{ id: string; subnet: string }> {
  const networks = await docker.listNetworks();
  const taken = networks.flatMap((network) => (network.IPAM?.Config ?? []).map((config) => config.Subnet ?? ""));
  const free = freeSubnets(pools, taken);
  const wanted = free.filter((subnet) => subnet === request.subnet);
  for (const subnet of [...wanted, ...free.slice(0, 64)]) {
    // A gateway that this host has already belongs to someone else, perhaps to another engine.
    if (await machine.owns(gatewayOf(subnet))) continue;
    try {
      const created = await docker.createNetwork({
        Name: request.name,
        Driver: "bridge",
        CheckDuplicate: true,
        Labels: { ...request.labels },
        IPAM: { Driver: "default", Config: [{ Subnet: subnet, Gateway: gatewayOf(subnet) }] },
      });
      return { id: created.id, subnet };
    } catch (failure) {
      if (!/overlap|already in use|conflicts with network/i.test((failure as Error).message)) throw failure;
    }
  }
  throw new RuntimeError("failed", `no free /24 in ${pools}; name other ranges in KNAP_SUBNETS, or prune old networks`);
}
