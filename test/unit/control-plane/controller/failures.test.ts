import { describe, expect, it } from "vitest";
import type { Event } from "../../../../src/apis/core/types.ts";
import type { Reconciler } from "../../../../src/control-plane/controller/reconciler.ts";
import type { ObjectStore } from "../../../../src/control-plane/store/object-store.ts";
import { configMap, KSVC, key, ksvc, makeRig, planner } from "../../../support/controller.ts";
import { makeStore } from "../../../support/store.ts";

const events = (store: ObjectStore): readonly Event[] => store.list("Event");

describe("refusals", () => {
  const refusing = (): ObjectStore =>
    makeStore({
      admission: ({ object }) =>
        object.kind === "ConfigMap" && (object as { data?: { bad?: string } }).data?.bad
          ? { refused: { message: "bad data", code: 400, reason: "BadRequest" } as never }
          : { object, warnings: [] },
    });

  it("a planner sees the refusal of its plan before its status is written, and no longer after the next success", () => {
    const { store, controller } = makeRig(
      [
        planner("p", (object, world) => ({
          create: [configMap("made", (object.spec as { data: object }).data)],
          status: { saw: world.refusal(key("ConfigMap", "made"))?.message ?? "nothing" } as never,
        })),
      ],
      { store: refusing() },
    );
    const statuses: unknown[] = [];
    store.watch({ kind: KSVC }, ({ object }) => object.status && statuses.push(object.status));
    store.create(ksvc("hello", { data: { bad: "1" } }));
    controller.start();
    controller.settle();
    expect(statuses).toEqual([{ saw: "bad data" }]);
    store.patchMerge(key(KSVC, "hello"), { spec: { data: { bad: null } } });
    controller.settle();
    expect(statuses.at(-1)).toEqual({ saw: "nothing" });
    expect(store.get("ConfigMap", "default", "made")).toBeDefined();
  });
});

describe("failures", () => {
  it("a plan that cannot be written is retried and does not stop other objects (11 A1)", () => {
    const cyclic: Record<string, unknown> = {};
    cyclic["self"] = cyclic;
    const { store, controller, log } = makeRig([
      planner("p", ({ metadata }) =>
        metadata.name === "a" ? { status: cyclic as never } : { status: { ok: true } as never },
      ),
    ]);
    for (const name of ["a", "b"]) store.create(ksvc(name));
    controller.start();
    controller.settle();
    expect(store.get(KSVC, "default", "b")?.status).toEqual({ ok: true });
    expect(controller.failures()).toMatchObject([{ reconciler: "p", key: key(KSVC, "a") }]);
    expect(log).toMatchObject([{ message: "planner threw" }]);
  });

  it("an error of the garbage collector is logged and stops neither the collector nor a planner (11 A1)", () => {
    const { store, controller, log } = makeRig([planner("p", () => ({ status: { ok: true } as never }))]);
    let failures = 0;
    const collectGarbage = store.collectGarbage.bind(store);
    store.collectGarbage = () => {
      if (failures++ === 0) throw new TypeError("no uid");
      return collectGarbage();
    };
    store.create(ksvc("hello"));
    controller.start();
    controller.settle();
    expect(store.get(KSVC, "default", "hello")?.status).toEqual({ ok: true });
    expect(log).toMatchObject([{ message: "garbage collection failed" }]);
  });

  it("a failure records an InternalError event, is listed, and is retried with back-off until it succeeds", () => {
    let broken = true;
    const { store, clock, controller } = makeRig([planner("p", () => (broken ? { error: "no luck" } : {}))]);
    store.create(ksvc("hello"));
    controller.start();
    controller.settle();
    expect(controller.failures()).toEqual([{ reconciler: "p", key: key(KSVC, "hello"), error: "no luck" }]);
    expect(events(store)[0]).toMatchObject({ type: "Warning", reason: "InternalError", message: "no luck", count: 1 });
    for (const ms of [5, 10, 20]) {
      expect((clock.next() ?? 0) - clock.now()).toBe(ms);
      clock.advance(ms);
      controller.settle();
    }
    expect(events(store)[0]?.count, "repeats within a second are one").toBe(1);
    clock.advance(40);
    clock.advance(1000);
    controller.settle();
    expect(events(store)[0]?.count).toBe(2);
    broken = false;
    clock.advance(80);
    controller.settle();
    expect(controller.failures()).toEqual([]);
    expect(clock.next()).toBeUndefined();
  });

  it("a planner that throws does not stop other planners", () => {
    const { store, clock, controller, log } = makeRig([
      planner("p", (object) => {
        if (object.metadata.name === "bad") throw new Error("boom");
        return { status: { fine: true } as never };
      }),
    ]);
    store.create(ksvc("bad"));
    store.create(ksvc("good"));
    controller.start();
    controller.settle();
    expect(store.get(KSVC, "default", "good")?.status).toEqual({ fine: true });
    expect(log).toEqual([
      expect.objectContaining({
        level: "error",
        message: "planner threw",
        fields: expect.objectContaining({ task: "p Service.serving.knative.dev/default/bad" }),
      }),
    ]);
    expect(clock.next()).toBe(clock.now() + 5);
  });

  it("two planners that undo each other's writes are delayed, and the log shows both statuses", () => {
    const flip = (name: string, value: number): Reconciler =>
      planner(name, () => ({ status: { [name]: value } as never }));
    const { store, clock, controller, log } = makeRig([flip("a", 1), flip("b", 2)]);
    store.create(ksvc("hello"));
    controller.start();
    controller.settle();
    expect(log.map(({ message }) => message)).toContain("task does not settle");
    expect(store.version).toBeLessThan(250);
    const quiet = store.version;
    const nextRetry = clock.next();
    clock.advance(100);
    expect(nextRetry).toBe(clock.now());
    controller.settle();
    expect(store.version).toBeGreaterThan(quiet);
  });
});
