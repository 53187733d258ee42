// Objects that lack parts of their spec or status: the planners and the autoscaler go on with all other objects.
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Kind, resources } from "../../src/apis/kinds.ts";
import { keyOf, keyText } from "../../src/apis/meta/key.ts";
import type { AnyObject, Stored } from "../../src/apis/meta/object.ts";
import { VirtualClock } from "../../src/base/virtual-clock.ts";
import { AutoscalerTick } from "../../src/control-plane/autoscaler/tick.ts";
import { knativePlanners, kubernetesPlanners } from "../../src/control-plane/reconciler/planners.ts";
import type { ObjectStore } from "../../src/control-plane/store/object-store.ts";
import { knativeService, makePaperCluster, type PaperCluster } from "../support/paper-cluster.ts";
import { autoscalerConfig, podAutoscaler, revision, START } from "../support/scaling.ts";
import { makeStore } from "../support/store.ts";

const NUM_RUNS = Number(process.env["PROPERTY_RUNS"] ?? 60);
const planners = [...knativePlanners, ...kubernetesPlanners];
const PREFIX = "incomplete-";

function allObjects(store: ObjectStore): readonly Stored[] {
  return resources.flatMap(({ kind }) => store.list(kind as Kind) as readonly Stored[]);
}

/** Returns the paths of all fields below spec and status. */
function pathsOf(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return path.length > 0 ? [path] : [];
  const below = Object.entries(value).flatMap(([name, part]) => pathsOf(part, [...path, name]));
  return path.length > 0 ? [path, ...below] : below;
}

function without(value: unknown, [name = "", ...rest]: readonly string[]): unknown {
  if (Array.isArray(value)) {
    const copy = value.map((part, index) => (String(index) === name && rest.length > 0 ? without(part, rest) : part));
    return rest.length > 0 ? copy : copy.filter((_, index) => String(index) !== name);
  }
  const { [name]: part, ...others } = value as Record<string, unknown>;
  return rest.length === 0 ? others : { ...others, [name]: without(part, rest) };
}

/** A live cluster with all kinds of objects, and every way to leave one field out of one of them. */
function removals(): readonly { readonly object: AnyObject; readonly path: readonly string[] }[] {
  const { store } = liveCluster();
  return allObjects(store).flatMap((object) => {
    const { metadata, spec, status } = object as AnyObject;
    const { name, namespace, labels, annotations } = metadata;
    const copy = { ...object, metadata: { name: PREFIX + name, namespace, labels, annotations } } as AnyObject;
    return pathsOf({ spec, status }).map((path) => ({ object: copy, path }));
  });
}

function liveCluster(): PaperCluster {
  const cluster = makePaperCluster();
  cluster.store.create(knativeService("shop", "example.com/shop:v1"));
  cluster.store.create({
    apiVersion: "serving.knative.dev/v1beta1",
    kind: "DomainMapping",
    metadata: { name: "www.example.org", namespace: "default" },
    spec: { ref: { apiVersion: "serving.knative.dev/v1", kind: "Service", name: "shop" } },
  } as AnyObject);
  expect(cluster.settle()).toBe(true);
  return cluster;
}

/** Stores the object without admission: with its status and without the field at `path`. */
function storeIncomplete(store: ObjectStore, object: AnyObject, path: readonly string[]): void {
  const incomplete = without(object, path) as AnyObject;
  store.create(incomplete);
  store.writeStatus(keyOf(incomplete), incomplete.status);
}

test("an object that lacks any part of its spec or status stops no planner's work on other objects (11 A1)", () => {
  const cases = removals();
  expect(new Set(cases.map(({ object }) => object.kind)).size).toBeGreaterThan(12);
  fc.assert(
    fc.property(fc.constantFrom(...cases), ({ object, path }) => {
      const cluster = makePaperCluster({ needsAdmission: ({ metadata }) => !metadata.name.startsWith(PREFIX) });
      const { store, work } = cluster;
      cluster.work = (planner, key) => {
        try {
          return work(planner, key);
        } catch (error) {
          expect(key.name, `${planner.name} threw for ${keyText(key)}: ${(error as Error).stack}`).toMatch(
            /^incomplete-/,
          );
          return {};
        }
      };
      storeIncomplete(store, object, path);
      store.create(knativeService("late", "example.com/late:v1"));
      cluster.settle();
      for (const changed of allObjects(store)) {
        for (const planner of planners) planner.watches?.(changed, store);
      }
      const late = store.get("Service.serving.knative.dev", "default", "late");
      expect(late?.status?.conditions?.find(({ type }) => type === "Ready")).toMatchObject({ status: "True" });
    }),
    { numRuns: NUM_RUNS },
  );
});

test("an object that lacks any part of its spec or status does not stop the autoscaler (11 A1)", () => {
  const config = autoscalerConfig();
  for (const { object, path } of removals()) {
    const clock = new VirtualClock(START);
    const store = makeStore();
    const tick = new AutoscalerTick({
      clock,
      random: () => 0,
      config: () => config,
      podStat: () => undefined,
      activatorStats: () => new Map(),
      onAdvice: () => {},
    });
    store.watch({}, (event) => tick.observe(event));
    storeIncomplete(store, object, path);
    clock.advance(3000);
    store.create(podAutoscaler());
    store.writeStatus(keyOf(podAutoscaler()), podAutoscaler().status);
    clock.advance(3000);
    expect(tick.autoscaler.advice.has(revision)).toBe(true);
    tick.close();
  }
});
