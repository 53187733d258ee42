import { describe, expect, it } from "vitest";
import type { AnyObject } from "../../../../src/apis/meta/object.ts";
import type { Plan } from "../../../../src/control-plane/controller/reconciler.ts";
import { KSVC, key, ksvc, makeRig, planner } from "../../../support/controller.ts";

describe("a status that a planner wrote", () => {
  const countdown = (more: object = {}) => {
    const runs: string[] = [];
    const counts = (object: AnyObject): Plan => {
      const { left = 3 } = (object.status ?? {}) as { left?: number };
      runs.push(`own ${left}`);
      return { status: { left: Math.max(0, left - 1) } };
    };
    const other = planner("other", ({ status }) => {
      runs.push(`other ${(status as { left?: number } | undefined)?.left}`);
      return {};
    });
    const rig = makeRig([planner("p", counts, more), other]);
    rig.controller.start();
    rig.store.create(ksvc("hello"));
    rig.controller.settle();
    return { ...rig, runs };
  };

  it("a planner's own status write enqueues the other planners of its kind but not itself", () => {
    expect(countdown().runs).toEqual(["own 3", "other 2"]);
  });

  it("a planner's own status write enqueues it if it declares readsOwnStatus", () => {
    expect(countdown({ readsOwnStatus: true }).runs).toEqual(["own 3", "own 2", "own 1", "own 0", "other 0"]);
  });

  it("a status write of another component, or a further change, enqueues the planner", () => {
    const { runs, store, controller } = countdown();
    store.writeStatus(key(KSVC, "hello"), { left: 9 });
    controller.settle();
    expect(runs.splice(0)).toEqual(["own 3", "other 2", "own 9", "other 8"]);
    store.patchMerge(key(KSVC, "hello"), { metadata: { labels: { a: "b" } } });
    controller.settle();
    expect(runs).toEqual(["own 8", "other 7"]);
  });
});
