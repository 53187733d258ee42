import { describe, expect, it } from "vitest";
import type { Event } from "../../../../src/apis/core/types.ts";
import type { AnyObject } from "../../../../src/apis/meta/object.ts";
import type { AnswerOf, Inquiry, Plan } from "../../../../src/control-plane/controller/reconciler.ts";
import type { ObjectStore } from "../../../../src/control-plane/store/object-store.ts";
import { configMap, KSVC, key, ksvc, makeRig, planner } from "../../../support/controller.ts";
import { makeManualClock, makeStore } from "../../../support/store.ts";

const events = (store: ObjectStore): readonly Event[] => store.list("Event");

describe("writing plans", () => {
  it("a plan creates missing objects and does not change existing ones", () => {
    const { store, controller } = makeRig([planner("p", () => ({ create: [configMap("made", { a: "1" })] }))]);
    controller.start();
    store.create(ksvc("hello"));
    controller.settle();
    expect(store.get("ConfigMap", "default", "made")).toMatchObject({ data: { a: "1" } });
    store.patchMerge(key("ConfigMap", "made"), { data: { a: "2" } });
    controller.resync();
    controller.settle();
    expect(store.get("ConfigMap", "default", "made")).toMatchObject({ data: { a: "2" } });
  });

  it("a plan merges owned fields, replaces the values at `whole` paths, and leaves other fields unchanged", () => {
    const plan: Plan = {
      ensure: [
        {
          key: key("ConfigMap", "target"),
          fields: { metadata: { labels: { mine: "1", gone: null } }, data: { only: "this" } },
          whole: [["data"]],
        },
        { key: key("ConfigMap", "absent"), fields: { data: { a: "b" } } },
        { key: key("ConfigMap", "made"), fields: { data: { a: "b" } }, create: configMap("made", { whole: "1" }) },
      ],
    };
    const { store, controller } = makeRig([planner("p", () => plan)]);
    store.create({
      ...configMap("target", { x: "y" }),
      metadata: { name: "target", labels: { gone: "1", theirs: "1" } },
    });
    store.create(ksvc("hello"));
    controller.start();
    controller.settle();
    expect(store.get("ConfigMap", "default", "target")).toMatchObject({
      metadata: { labels: { mine: "1", theirs: "1" } },
      data: { only: "this" },
    });
    expect(store.get("ConfigMap", "default", "target")?.data).toEqual({ only: "this" });
    expect(store.get("ConfigMap", "default", "absent")).toBeUndefined();
    expect(store.get("ConfigMap", "default", "made")?.data).toEqual({ whole: "1" });
  });

  it("a plan writes owned status through the status subresource", () => {
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "p", namespace: "default" }, spec: {} } as AnyObject;
    const fields = { status: { phase: "Pending" }, spec: { nodeName: "knap" } };
    const { store, controller } = makeRig([
      planner("p", () => ({ ensure: [{ key: key("Pod", "p"), fields, create: pod, status: true }] })),
    ]);
    store.create(ksvc("hello"));
    controller.start();
    controller.settle();
    controller.resync();
    controller.settle();
    expect(store.get("Pod", "default", "p")).toMatchObject({
      spec: { nodeName: "knap" },
      status: { phase: "Pending" },
    });
  });

  it("a plan writes the status and deletes by uid, and the dependents are collected", () => {
    const { store, controller } = makeRig([
      planner("p", (object, world) => {
        const old = world.get("ConfigMap", "default", "old");
        const uid = old?.metadata.uid;
        return {
          status: { observedGeneration: object.metadata.generation ?? 0 },
          retire: [
            ...(uid ? [{ key: key("ConfigMap", "old"), uid }] : []),
            { key: key("ConfigMap", "kept"), uid: "not-its-uid" },
          ],
        } as Plan;
      }),
    ]);
    const old = store.create(configMap("old"));
    const uid = "object" in old ? (old.object.metadata.uid ?? "") : "";
    const ownerReferences = [{ apiVersion: "v1", kind: "ConfigMap", name: "old", uid }];
    store.create({ ...configMap("child"), metadata: { name: "child", ownerReferences } });
    store.create(configMap("kept"));
    store.create(ksvc("hello"));
    controller.start();
    controller.settle();
    expect(store.list("ConfigMap").map(({ metadata }) => metadata.name)).toEqual(["kept"]);
    expect(store.get(KSVC, "default", "hello")?.status).toEqual({ observedGeneration: 1 });
  });

  it("an object is removed when its planner removes the last finalizer", () => {
    const { store, controller } = makeRig([
      planner("p", (object) =>
        object.metadata.deletionTimestamp
          ? { finalizers: [], ensure: [{ key: key("ConfigMap", "trace"), fields: {}, create: configMap("trace") }] }
          : { finalizers: ["x/y"], status: {} },
      ),
    ]);
    store.create(ksvc("hello"));
    controller.start();
    controller.settle();
    expect(store.get(KSVC, "default", "hello")?.metadata.finalizers).toEqual(["x/y"]);
    store.delete(key(KSVC, "hello"));
    controller.settle();
    expect(store.get(KSVC, "default", "hello")).toBeUndefined();
    expect(store.get("ConfigMap", "default", "trace")).toBeDefined();
  });

  it("repeated events are counted, and decisions are reported", () => {
    const decisions: unknown[] = [];
    const facts = { desired: 0, ready: 0, min: 1, max: 0, afterMs: undefined };
    const decision = {
      revision: "default/r",
      at: 0,
      source: "bounds",
      rule: "min-scale",
      from: 0,
      to: 1,
      facts,
    } as const;
    const { store, clock, controller } = makeRig(
      [planner("p", () => ({ events: [{ type: "Normal", reason: "Seen", message: "seen" }], decisions: [decision] }))],
      { onDecisions: (some) => decisions.push(...some) },
    );
    store.create(ksvc("hello"));
    controller.start();
    controller.settle();
    clock.advance(1000);
    controller.resync();
    controller.settle();
    expect(events(store)).toHaveLength(1);
    expect(events(store)[0]).toMatchObject({
      reason: "Seen",
      count: 2,
      type: "Normal",
      involvedObject: { kind: "Service", name: "hello", namespace: "default", uid: "uid-1" },
      source: { component: "p-controller" },
    });
    expect(decisions).toEqual([decision, decision]);
  });
});

describe("keys to enqueue after a change", () => {
  it("a change enqueues the object, its controlling owner, and the keys that a planner maps from the new and the old object", () => {
    const runs: string[] = [];
    const log = (name: string) => (object: AnyObject) => {
      runs.push(`${name} ${object.metadata.name}`);
      return {};
    };
    const { store, controller } = makeRig([
      planner("one", log("one")),
      planner("two", log("two"), {
        watches: ({ kind, metadata }) =>
          kind === "ConfigMap" && metadata.labels?.["for"] ? [key(KSVC, metadata.labels["for"])] : [],
      }),
    ]);
    const owner = store.create(ksvc("a"));
    store.create(ksvc("b"));
    controller.start();
    controller.settle();
    const runsOfSettle = (): readonly string[] => {
      runs.length = 0;
      controller.settle();
      return [...runs];
    };
    store.patchMerge(key(KSVC, "a"), { spec: { x: 1 } });
    expect(runsOfSettle()).toEqual(["one a", "two a"]);
    const uid = "object" in owner ? (owner.object.metadata.uid ?? "") : "";
    const reference = { apiVersion: "serving.knative.dev/v1", kind: "Service", name: "a", uid, controller: true };
    store.create({ ...configMap("c"), metadata: { name: "c", ownerReferences: [reference] } });
    expect(runsOfSettle()).toEqual(["one a", "two a"]);
    store.create({ ...configMap("d"), metadata: { name: "d", labels: { for: "b" } } });
    expect(runsOfSettle()).toEqual(["two b"]);
    store.patchMerge(key("ConfigMap", "d"), { metadata: { labels: { for: "a" } } });
    expect(runsOfSettle()).toEqual(["two a", "two b"]);
  });
});

describe("inquiries", () => {
  const question: Inquiry = { ask: "ActivatorProbe", revision: "default/r" };
  const asking = planner("p", (_, world) => {
    const answer = world.answer({ revision: "default/r", ask: "ActivatorProbe" });
    return { ask: [question], status: { ok: answer?.ok ?? "unknown" } as never };
  });

  it("a question is asked once until it is forgotten, and each answer enqueues the planners that asked", () => {
    const dones: ((answer: AnswerOf<typeof question>) => void)[] = [];
    const { store, controller } = makeRig([asking], { inquire: (_, done) => dones.push(done as never) });
    const status = (): unknown => store.get(KSVC, "default", "hello")?.status;
    store.create(ksvc("hello"));
    controller.start();
    controller.settle();
    controller.resync();
    controller.settle();
    expect([status(), dones.length]).toEqual([{ ok: "unknown" }, 1]);
    dones[0]?.({ ok: false });
    controller.settle();
    expect(status()).toEqual({ ok: false });
    dones[0]?.({ ok: true });
    controller.settle();
    expect(status()).toEqual({ ok: true });
    controller.forget(question);
    controller.settle();
    expect([status(), dones.length]).toEqual([{ ok: "unknown" }, 2]);
    dones[0]?.({ ok: true });
    controller.settle();
    expect(status()).toEqual({ ok: "unknown" });
  });

  it("a question can be answered immediately", () => {
    const inquire = ((_: Inquiry, done: (answer: unknown) => void) => done({ ok: true })) as never;
    const { store, controller } = makeRig([asking], { inquire });
    store.create(ksvc("hello"));
    controller.start();
    controller.settle();
    expect(store.get(KSVC, "default", "hello")?.status).toEqual({ ok: true });
  });
});

describe("time", () => {
  it("a requeue runs once per time, and not after the object was removed", () => {
    const times: number[] = [];
    const { store, clock, controller } = makeRig([
      planner("p", (_, world) => {
        times.push(world.now - Date.UTC(2000, 0, 1));
        return world.now === Date.UTC(2000, 0, 1) ? { requeueAfterMs: [1000, 5000, 5000] } : {};
      }),
    ]);
    store.create(ksvc("hello"));
    controller.start();
    controller.settle();
    for (const ms of [1000, 4000, 9000]) {
      clock.advance(ms);
      controller.settle();
    }
    expect(times).toEqual([0, 1000, 5000]);
  });

  it("planners run in slices of 1 ms, each in its own turn of the event loop", () => {
    let ms = 0;
    const clock = makeManualClock();
    const { store, controller, turns } = makeRig(
      [
        planner("p", () => {
          ms += 0.25;
          return {};
        }),
      ],
      { elapsedMs: () => ms, store: makeStore({ clock }) },
    );
    for (let i = 0; i < 10; i++) store.create(ksvc(`s${i}`));
    controller.start();
    const done: number[] = [];
    for (let turn = turns.shift(); turn; turn = turns.shift()) {
      turn();
      done.push(ms);
    }
    expect(done).toEqual([1, 2, 2.5]);
  });

  it("a disposed controller does nothing", () => {
    const { store, clock, controller, turns } = makeRig([
      planner("p", () => ({ requeueAfterMs: [10], status: { a: 1 } as never })),
    ]);
    store.create(ksvc("hello"));
    controller.start();
    controller[Symbol.dispose]();
    for (const turn of turns) turn();
    controller.settle();
    store.create(ksvc("other"));
    clock.advance(20);
    expect(store.list(KSVC).filter(({ status }) => status)).toEqual([]);
  });
});
