// Opens and closes the session's network on a Docker engine. If knap runs in a container of the engine, that container
// joins the network.
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import type Docker from "dockerode";
import type { ContainerRuntime, OwnContainer } from "../runtime.ts";
import { RuntimeError } from "../runtime.ts";
import { engineCall, ifFound } from "./engine-error.ts";
import { freeSubnets, gatewayOf } from "./subnets.ts";

/** Answers questions about the machine on which knap runs. The answers can change when a network is opened. */
export interface Machine {
  /** Resolves to true if the address belongs to this host. */
  owns(address: string): Promise<boolean>;
  /** Resolves with the engine's container in which knap runs; undefined if knap runs in no container of the engine. */
  ownContainer(): Promise<OwnContainer | undefined>;
}

export interface DockerNetworksOptions {
  readonly docker: Docker;
  readonly pools: string;
  readonly machine: Machine;
  /** Called with the gateway address of each opened network. */
  readonly onOpened: (gateway: string) => void;
}

/**
 * Engines use the container's first network in the order of names for published ports and the default route. This
 * prefix sorts the session's network after the container's original network.
 */
const SORTS_LAST = "zz-";

export function makeDockerNetworks(options: DockerNetworksOptions): ContainerRuntime["networks"] {
  const { docker, machine } = options;
  return {
    open: (request) =>
      engineCall(`opening network ${request.name}`, async () => {
        const self = await machine.ownContainer();
        const name = self === undefined ? request.name : SORTS_LAST + request.name;
        const { id, subnet } = await createOnFreeSubnet(options, { ...request, name });
        if (self !== undefined) await docker.getNetwork(id).connect({ Container: self.id });
        const gateway = gatewayOf(subnet);
        options.onOpened(gateway);
        return { id, gateway, subnet };
      }),
    close: (id) =>
      engineCall("closing a network", async () => {
        const network = docker.getNetwork(id);
        const self = await machine.ownContainer();
        if (self !== undefined) await network.disconnect({ Container: self.id, Force: true }).catch(() => {});
        await ifFound(network.remove());
      }),
    list: (label) =>
      engineCall("listing networks", async () => {
        const found = await docker.listNetworks({ filters: { label: [label] } });
        return found.map((network) => ({ id: network.Id, name: network.Name, labels: network.Labels ?? {} }));
      }),
  };
}

async function createOnFreeSubnet(
  { docker, pools, machine }: DockerNetworksOptions,
  request: Parameters<ContainerRuntime["networks"]["open"]>[0],
): Promise<{ id: string; subnet: string }> {
  const networks = await docker.listNetworks();
  const taken = networks.flatMap((network) => (network.IPAM?.Config ?? []).map((config) => config.Subnet ?? ""));
  const free = freeSubnets(pools, taken);
  const wanted = free.filter((subnet) => subnet === request.subnet);
  for (const subnet of [...wanted, ...free.slice(0, 64)]) {
    // If this host already has the address, another network uses it, perhaps of another engine.
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

export function realMachine(docker: Docker): Machine {
  let own: Promise<OwnContainer | undefined> | undefined;
  return {
    owns,
    ownContainer: () => {
      own ??= findOwnContainer(docker);
      return own;
    },
  };
}

/** Tries to bind to the address, because lists of interfaces leave out bridges without containers. */
function owns(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host: address, port: 0 }, () => server.close(() => resolve(true)));
  });
}

async function findOwnContainer(docker: Docker): Promise<OwnContainer | undefined> {
  const mounts = await readFile("/proc/self/mountinfo", "utf8").catch(() => "");
  const id = /\/containers\/([0-9a-f]{64})\/(?:hostname|resolv\.conf)/.exec(mounts)?.[1];
  if (id === undefined) return undefined;
  const container = docker.getContainer(id);
  return container.inspect().then(
    ({ Id, State }) => ({ id: Id, startedAt: State.StartedAt }),
    () => undefined,
  );
}
