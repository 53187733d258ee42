// Tests that the next start removes the resources of dead sessions, but not those of live sessions or other hosts.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findOrphans, removeOrphans, sweepOrphans } from "../../src/node/kubelet/orphans.ts";
import { endRecorded } from "../../src/node/runtime/process/process-records.ts";
import { openProcessRuntime } from "../../src/node/runtime/process/process-runtime.ts";
import type { ContainerRuntime } from "../../src/node/runtime/runtime.ts";
import { leftovers, openTestEngine, testAppPath, testImage, testLabel } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";

const { labels, filter } = testLabel();
const id = labels["knap.dev/test"] as string;
let runtime: ContainerRuntime;
let image: string;

beforeAll(async () => {
  runtime = await openTestEngine();
  image = await testImage(runtime);
});
afterAll(async () => {
  expect(await leftovers(runtime, filter)).toEqual([]);
  await runtime.close();
});

const createResources = async (session: string, host: string): Promise<void> => {
  const owned = { ...labels, "knap.dev/session": session, "knap.dev/host": host };
  const network = await runtime.networks.open({ name: `knap-${session}`, labels: owned });
  await runtime.volumes.create(`knap-${session}`, owned);
  const container = await runtime.create({
    name: `knap-${session}`,
    image,
    env: [],
    labels: owned,
    network: { id: network.id },
    ports: [],
    mounts: [{ kind: "volume", source: `knap-${session}`, target: "/data", readOnly: false }],
  });
  await runtime.start(container);
};

test("a sweep removes all resources of dead sessions of this host only", async () => {
  await Promise.all([
    createResources(`dead-${id}`, `me-${id}`),
    createResources(`live-${id}`, `me-${id}`),
    createResources(`other-${id}`, `you-${id}`),
  ]);
  // This test must not touch other sessions on this engine, so it reports them as live.
  const isSessionLive = (session: string): boolean => session !== `dead-${id}` && session !== `other-${id}`;
  expect(await sweepOrphans({ runtime, isSessionLive, hostId: `me-${id}` })).toBe(3);
  const left = await leftovers(runtime, filter);
  expect(left.filter((name) => name.includes("dead"))).toEqual([]);
  expect(left.length).toBe(6);
  const foreign = await findOrphans({ runtime, hostId: `me-${id}`, isSessionLive });
  expect(foreign.map(({ kind, session, host }) => `${kind} ${session} ${host}`)).toEqual(
    ["container", "network", "volume"].map((kind) => `${kind} other-${id} you-${id}`),
  );
  const rest = await findOrphans({ runtime, hostId: `me-${id}`, isSessionLive: (session) => !session.endsWith(id) });
  expect(await removeOrphans(runtime, rest)).toEqual([]);
});

test("the sweep kills recorded processes of a dead session, but no other process with the same pid", async () => {
  const folder = mkdtempSync(join(tmpdir(), "knap-orphans-"));
  const processes = openProcessRuntime({ session: "dead", folder });
  const container = await processes.create({
    name: "app",
    image: "",
    command: [process.execPath, testAppPath],
    env: [["PORT", "1"]],
    labels,
    ports: [8080],
  });
  await processes.start(container);
  const pid = (await processes.inspect(container))?.pid as number;
  await eventually(async () => expect(await endRecorded(join(folder, "none"))).toBe(0));
  // The runtime writes the record shortly after the start.
  await eventually(async () => expect(await endRecorded(join(folder, "processes"))).toBe(1));
  await eventually(() => expect(() => process.kill(pid, 0)).toThrow());
  expect(await endRecorded(join(folder, "processes"))).toBe(0);
  await processes.close();
  rmSync(folder, { recursive: true });
});
