// Tests invariants of all planners together, for any order of work.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Kind, resources } from "../../src/apis/kinds.ts";
import type { AnyObject } from "../../src/apis/meta/object.ts";
import { knativeService, makePaperCluster, type PaperCluster } from "../support/paper-cluster.ts";

const NUM_RUNS = Number(process.env["PROPERTY_RUNS"] ?? 12);
/** Fields that depend on a uid, on random data or on the order of work. */
const INCIDENTAL_FIELDS = new Set([
  "uid",
  "resourceVersion",
  "creationTimestamp",
  "generation",
  "observedGeneration",
  "count",
]);
const TRAFFIC = [
  { latestRevision: true, percent: 100 },
  { latestRevision: true, percent: 0, tag: "next" },
];

/** Expects that a planner that does not read its own status plans nothing new after its status write. */
function runTwice(cluster: PaperCluster): void {
  const { work, store } = cluster;
  cluster.work = (planner, key) => {
    const [before, old] = [store.version, store.get(key.kind, key.namespace, key.name) as AnyObject | undefined];
    const plan = work(planner, key);
    const now = store.get(key.kind, key.namespace, key.name) as AnyObject | undefined;
    const onlyStatus = store.version === before + 1 && old?.status !== now?.status;
    if (onlyStatus && !planner.readsOwnStatus) {
      work(planner, key);
      expect(store.version, `${planner.name} of ${key.name} writes again`).toBe(before + 1);
    }
    return plan;
  };
}

/**
 * Deploys three Services and one with initial scale 0, updates one and deletes one. After each step it runs all
 * planners in `order`.
 */
function deployAll(order: <T>(items: readonly T[]) => readonly T[]): PaperCluster {
  const cluster = makePaperCluster({ configMaps: { "config-autoscaler": { "allow-zero-initial-scale": "true" } } });
  runTwice(cluster);
  const settle = () => expect(cluster.settle(order)).toBe(true);
  cluster.store.create(knativeService("shop", "example.com/shop:v1", { spec: { traffic: TRAFFIC } }));
  cluster.store.create(knativeService("cart", "example.com/cart:v1"));
  cluster.store.create(knativeService("gone", "example.com/gone:v1"));
  const startsAtZero = { metadata: { annotations: { "autoscaling.knative.dev/initial-scale": "0" } } };
  cluster.store.create(knativeService("idle", "example.com/idle:v1", { template: startsAtZero }));
  settle();
  const key = { kind: "Service.serving.knative.dev", namespace: "default", name: "shop" } as const;
  cluster.store.patchMerge(key, { spec: { template: { spec: { containers: [{ image: "example.com/shop:v2" }] } } } });
  cluster.store.delete({ ...key, name: "gone" });
  settle();
  return cluster;
}

function snapshot({ store }: PaperCluster): unknown {
  return resources
    .filter(({ name }) => name !== "Event")
    .map(({ kind, name }) => {
      const objects = (store.list(kind as Kind) as readonly AnyObject[]).map(withoutIncidentals);
      return [kind, name === "Pod" || name === "Endpoints" ? objects.length : objects];
    });
}

function withoutIncidentals(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutIncidentals);
  if (typeof value === "string")
    return value.replace(/uid-\d+/g, "uid").replace(/-deployment-\w{10}\b/g, "-deployment");
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !INCIDENTAL_FIELDS.has(key) && key !== "serving.knative.dev/deployment-hash")
      .map(([key, part]) => [key, withoutIncidentals(part)]),
  );
}

/** Returns a function that permutes a list by a seed. */
function shuffledBy(seed: number): <T>(items: readonly T[]) => readonly T[] {
  let state = seed;
  const next = () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state;
  };
  return (items) =>
    items
      .map((item) => ({ item, rank: next() }))
      .toSorted((a, b) => a.rank - b.rank)
      .map(({ item }) => item);
}

describe("all planners", () => {
  const reference = snapshot(deployAll((items) => items));

  test("all planners together make every Service ready and remove a deleted Service with its dependents", () => {
    const { store } = deployAll((items) => items);
    const services = store.list("Service.serving.knative.dev");
    expect(services.map(({ metadata }) => metadata.name)).toEqual(["cart", "idle", "shop"]);
    for (const { status } of services) {
      expect(status?.conditions?.find(({ type }) => type === "Ready")).toMatchObject({ status: "True" });
    }
    const orphans = resources.flatMap(({ kind }) => store.list(kind as Kind) as readonly AnyObject[]);
    expect(orphans.filter(({ metadata }) => metadata.name.startsWith("gone"))).toEqual([]);
  });

  test("the end state does not depend on the order of work", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 30 }), (seed) => {
        expect(snapshot(deployAll(shuffledBy(seed)))).toEqual(reference);
      }),
      { numRuns: NUM_RUNS },
    );
  });

  test("a second run of all planners writes nothing", () => {
    const cluster = deployAll((items) => items);
    const { version } = cluster.store;
    cluster.now += 1000;
    expect(cluster.settle()).toBe(true);
    expect(cluster.store.version).toBe(version);
  });
});
