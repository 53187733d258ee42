// `--wake freeze`: what would stop at zero waits frozen, thaws as the next pod of its revision, and never outlives its template or its session.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { OwnerReference } from "../../src/apis/meta/object.ts";
import { eventually } from "../support/eventually.ts";
import { type NodeBench, openNodeBench } from "../support/node-bench.ts";

let bench: NodeBench;
beforeAll(async () => {
  bench = await openNodeBench("docker", { wake: "freeze" });
});
afterAll(() => bench.close());

const owners = new Map<string, OwnerReference>();
const deploy = (name: string): void => void owners.set(name, bench.deployment(name));
const owned = (owner: string, hash: string): string => {
  const reference = owners.get(owner);
  if (!reference) throw new Error(`no Deployment ${owner}`);
  return bench.pod({}, {}, { labels: { "pod-template-hash": hash }, ownerReferences: [reference] }).metadata.name;
};
const servedBy = async (pod: string) =>
  ((await bench.get(pod, "/whoami")).json() as { hostname: string; served: number }).served;
const sleepUntilFrozen = async (pod: string) => {
  bench.remove(pod);
  await bench.gone(pod);
  expect(bench.kubelet.standbys.map((standby) => standby.pod)).toEqual([pod]);
};

test("a pod goes, its container freezes, and the next pod is that container thawed", async () => {
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
  expect(bench.kubelet.standbys).toEqual([]);
  console.info(`thawed and ready after ${Math.round(tookMs)} ms`);
  expect(tookMs).toBeLessThan(1_000);
  bench.remove(second);
  await bench.gone(second);
});

test("another template is not served by an old container, and a deleted Deployment keeps none", async () => {
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
  expect(bench.kubelet.standbys.length).toBeGreaterThan(0);
  for (const name of ["one", "two"]) bench.store.delete({ kind: "Deployment.apps", namespace: "default", name });
  await eventually(async () => expect(await bench.runtime.list(bench.filter)).toEqual([]));
});

test("a frozen container that somebody removed costs a cold start and nothing else", async () => {
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
  expect(bench.kubelet.standbys.length).toBe(1);
});
