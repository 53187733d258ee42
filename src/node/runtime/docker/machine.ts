// What this process can tell of the machine it runs on: its addresses, and whether it sits in a container of the engine. Read-only.
import { readFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import type Docker from "dockerode";
import type { Machine } from "./docker-networks.ts";

/** Looks at the real machine; the container's id stands in the mount table, where the engine binds /etc/hostname. */
export function realMachine(docker: Docker): Machine {
  let own: Promise<string | undefined> | undefined;
  return {
    interfaces: () =>
      Object.values(networkInterfaces()).flatMap((addresses) =>
        (addresses ?? []).flatMap(({ family, cidr }) => (family === "IPv4" && cidr !== null ? [cidr] : [])),
      ),
    ownContainer: () => {
      own ??= findOwnContainer(docker);
      return own;
    },
  };
}

async function findOwnContainer(docker: Docker): Promise<string | undefined> {
  const mounts = await readFile("/proc/self/mountinfo", "utf8").catch(() => "");
  const id = /\/containers\/([0-9a-f]{64})\/(?:hostname|resolv\.conf)/.exec(mounts)?.[1];
  if (id === undefined) return undefined;
  const found = await docker
    .getContainer(id)
    .inspect()
    .catch(() => undefined);
  return found?.Id;
}
