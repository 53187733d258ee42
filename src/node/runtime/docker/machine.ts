// What this process can tell of the machine it runs on: whether an address is its own, and whether it sits in a container of the engine. Read-only.
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import type Docker from "dockerode";
import type { Machine } from "./docker-networks.ts";

/** Looks at the real machine; the container's id stands in the mount table, where the engine binds /etc/hostname. */
export function realMachine(docker: Docker): Machine {
  let own: Promise<string | undefined> | undefined;
  return {
    owns,
    ownContainer: () => {
      own ??= findOwnContainer(docker);
      return own;
    },
  };
}

/** Binding tells for sure: interface lists leave out bridges that nothing is attached to yet. */
function owns(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host: address, port: 0 }, () => server.close(() => resolve(true)));
  });
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
