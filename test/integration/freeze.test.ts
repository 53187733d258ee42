// Tests `--wake freeze`: the kubelet freezes a pod that scales to zero, and the next pod of its revision continues it.
// A frozen pod never outlives its template or session.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Container, PodSpec } from "../../src/apis/core/pod-spec.ts";
import type { OwnerReference } from "../../src/apis/meta/object.ts";
import { makeEventQueue } from "../../src/node/runtime/event-queue.ts";
import type { ContainerRuntime, RuntimeEvent } from "../../src/node/runtime/runtime.ts";
import { eventually } from "../support/eventually.ts";
import { type NodeBench, openNodeBench, statusOf } from "../support/node-bench.ts";

let bench: NodeBench;
/** Inserts an event into the engine's event stream. */
let injectEvent: (event: RuntimeEvent) => void;
beforeAll(async () => {
  const through = (runtime: ContainerRuntime): ContainerRuntime => ({
    ...runtime,
    events: (signal) => {
      const feed = makeEventQueue<RuntimeEvent>();
      injectEvent = feed.push;
      const relay = async (): Promise<void> => {
        for await (const event of runtime.events(signal)) feed.push(event);
        feed.end();
      };
      void relay();
      return feed;
    },
  });
  bench = await openNodeBench("docker", { wake: "freeze", through });
});
afterAll(() => bench.close());

const owners = new Map<string, OwnerReference>();
const deploy = (name: string): void => void owners.set(name, bench.deployment(name));
const owned = (
  owner: string,
  hash: string,
  container: Partial<Container> = {},
  spec: Partial<PodSpec> = {},
): string => {
  const reference = owners.get(owner);
  if (!reference) throw new Error(`no Deployment ${owner}`);
  const metadata = { labels: { "pod-template-hash": hash }, ownerReferences: [reference] };
  return bench.pod(container, spec, metadata).metadata.name;
};
const servedBy = async (pod: string) =>
  ((await bench.get(pod, "/whoami")).json() as { hostname: string; served: number }).served;
const sleepUntilFrozen = async (pod: string) => {
  bench.remove(pod);
  await bench.gone(pod);
  expect(bench.kubelet.frozenPods.map((standby) => standby.pod.metadata.name)).toEqual([pod]);
};

test("the container of a deleted pod is frozen, and the next pod thaws it", async () => {
  deploy("one");
  const first = owned("one", "h1");
  const before = await bench.ready(first);
  expect(await servedBy(first)).toBeGreaterThan(0);
  await sleepUntilFrozen(first);
  const [frozen] = await bench.runtime.list(bench.filter);
  expect(frozen?.status).toBe("paused");

  const began = performance.now();
  const second = owned("one", "h1");
  const after = await bench.ready(second);
  const tookMs = performance.now() - began;
  expect(after.status?.podIP).toBe(before.status?.podIP);
  expect(after.metadata.uid).not.toBe(before.metadata.uid);
  expect((await bench.get(second, "/whoami")).json()).toMatchObject({ hostname: first });
  expect(bench.kubelet.frozenPods).toEqual([]);
  console.info(`thawed and ready after ${Math.round(tookMs)} ms`);
  expect(tookMs).toBeLessThan(1_000);
  bench.remove(second);
  await bench.gone(second);
});

test("a thawed container keeps running when the engine becomes reachable again", async () => {
  deploy("away");
  const first = owned("away", "h1");
  await bench.ready(first);
  bench.remove(first);
  await bench.gone(first);
  const second = owned("away", "h1");
  await bench.ready(second);
  const before = statusOf(bench.now(second)).containerID;
  for (const type of ["unreachable", "reachable"] as const) injectEvent({ type, containerId: "", labels: {} });
  await sleep(1000);
  await bench.ready(second);
  expect(statusOf(bench.now(second))).toMatchObject({ containerID: before, restartCount: 0 });
  expect(await bench.get(second, "/whoami")).toMatchObject({ status: 200 });
  bench.remove(second);
  await bench.gone(second);
  bench.store.delete({ kind: "Deployment.apps", namespace: "default", name: "away" });
});

test("a frozen container is not used for another template and is removed with its Deployment", async () => {
  deploy("two");
  await bench.kubelet.idle();
  const first = owned("two", "h1");
  await bench.ready(first);
  bench.remove(first);
  await bench.gone(first);
  const other = owned("two", "h2");
  await bench.ready(other);
  expect((await bench.get(other, "/whoami")).json()).toMatchObject({ hostname: other });
  bench.remove(other);
  await bench.gone(other);
  expect(bench.kubelet.frozenPods.length).toBeGreaterThan(0);
  for (const name of ["one", "two"]) bench.store.delete({ kind: "Deployment.apps", namespace: "default", name });
  await eventually(async () => expect(await bench.runtime.list(bench.filter)).toEqual([]));
});

test("a frozen container that was removed from the engine causes a cold start", async () => {
  deploy("three");
  const first = owned("three", "h1");
  await bench.ready(first);
  bench.remove(first);
  await bench.gone(first);
  for (const { id } of await bench.runtime.list(bench.filter)) await bench.runtime.remove(id);
  const second = owned("three", "h1");
  await bench.ready(second);
  expect((await bench.get(second, "/whoami")).json()).toMatchObject({ hostname: second });
  bench.remove(second);
  await bench.gone(second);
  expect(bench.kubelet.frozenPods.length).toBe(1);
});

describe("a pod of several containers with volumes", () => {
  const shared = [
    { name: "scratch", mountPath: "/scratch" },
    { name: "about", mountPath: "/about" },
  ];
  const several = (owner: string): string =>
    owned(
      owner,
      "h1",
      { volumeMounts: shared },
      {
        initContainers: [
          {
            name: "first",
            image: bench.image,
            command: ["sh", "-c", "echo init >>/scratch/starts"],
            volumeMounts: shared,
          },
        ],
        containers: [
          {
            name: "side",
            image: bench.image,
            env: [
              { name: "LISTEN_PORT", value: "9090" },
              { name: "LISTEN_HOST", value: "127.0.0.1" },
            ],
            volumeMounts: shared,
          },
        ],
        volumes: [
          { name: "scratch", emptyDir: {} },
          { name: "about", downwardAPI: { items: [{ path: "name", fieldRef: { fieldPath: "metadata.name" } }] } },
        ],
      },
    );
  const read = async (pod: string, path: string) => (await bench.get(pod, `/file?path=${path}`)).text;
  const fromSide = async (pod: string, path: string) => {
    const url = encodeURIComponent(`http://127.0.0.1:9090${path}`);
    return ((await bench.get(pod, `/fetch?url=${url}`)).json() as { body: string }).body;
  };

  test("a frozen pod of several containers gives its successor its processes, network and emptyDir, but not its name", async () => {
    deploy("several");
    const first = several("several");
    await bench.ready(first);
    await bench.get(first, "/write?path=/scratch/note&text=kept");
    const served = await servedBy(first);
    bench.remove(first);
    await bench.gone(first);
    const frozen = (await bench.runtime.list(bench.filter)).filter(
      ({ labels }) => labels["knap.dev/pod"] === `default/${first}`,
    );
    expect(frozen.map(({ status }) => status).sort()).toEqual(["paused", "paused", "running"]);

    const second = several("several");
    await bench.ready(second);
    expect(await servedBy(second)).toBeGreaterThan(served);
    expect(await read(second, "/scratch/note")).toBe("kept");
    expect(await read(second, "/scratch/starts")).toBe("init\n");
    expect(await fromSide(second, "/file?path=/scratch/note")).toBe("kept");
    await eventually(async () => expect(await read(second, "/about/name")).toBe(second));

    // A container that restarts in the thawed pod has the same network and files.
    const [side] = bench.kubelet.containersOf({ kind: "Pod", namespace: "default", name: second }, "side");
    await bench.runtime.kill(side as string, "SIGKILL");
    await eventually(() => expect(statusOf(bench.now(second), "side").restartCount).toBe(1));
    await bench.ready(second);
    await eventually(async () => expect(await fromSide(second, "/file?path=/scratch/note")).toBe("kept"));
    bench.remove(second);
    await bench.gone(second);
  });

  test("a frozen pod is removed with its volumes when a ConfigMap or Secret of its namespace changes", async () => {
    expect(bench.kubelet.frozenPods.map(({ pod }) => pod.metadata.ownerReferences?.[0]?.name)).toContain("several");
    const data = { greeting: "hi" };
    bench.store.create({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "new", namespace: "default" },
      data,
    } as never);
    await eventually(async () => expect(await bench.runtime.list(bench.filter)).toEqual([]));
    await eventually(async () => expect(await bench.runtime.volumes.list(bench.filter)).toEqual([]));
    expect(bench.kubelet.frozenPods).toEqual([]);
  });
});
