import { expect, test } from "vitest";
import type { Event } from "../../../../src/apis/core/types.ts";
import { makeClusterObjects } from "../../../../src/emulator/cluster-objects.ts";
import { makeDiskReport, makeEngineReport } from "../../../../src/node/agent/node-condition.ts";
import { makeManualClock, makeStore } from "../../../support/store.ts";

function makeNode() {
  const clock = makeManualClock();
  const store = makeStore({ clock });
  const [made] = makeClusterObjects({ cpus: 2, memoryBytes: 2 ** 30, architecture: "amd64" });
  const { status, ...node } = made as NonNullable<typeof made>;
  store.create(node);
  store.writeStatus({ kind: "Node", namespace: "", name: "knap" }, status);
  const conditions = (of: string) =>
    store.get("Node", "", "knap")?.status?.conditions?.filter(({ type }) => type === of);
  return { clock, store, conditions };
}

test("an unreachable engine and its return show in the Node's Ready condition and in an Event", () => {
  const { clock, store, conditions } = makeNode();
  const report = makeEngineReport({ store, clock });
  const ready = () => conditions("Ready");
  report("unreachable");
  expect(ready()).toMatchObject([{ status: "False", reason: "KubeletNotReady" }]);
  clock.advance(5_000);
  report("reachable");
  expect(ready()).toMatchObject([{ status: "True", reason: "KubeletReady" }]);
  expect(store.get("Node", "", "knap")?.status?.allocatable?.["pods"]).toBe("16");
  const events: readonly Event[] = store.list("Event");
  expect(events.map(({ type, reason }) => `${type} ${reason}`).sort()).toEqual([
    "Normal NodeReady",
    "Warning NodeNotReady",
  ]);
});

test("a full disk causes DiskPressure until a write succeeds, with one Event for each change", () => {
  const { clock, store, conditions } = makeNode();
  const report = makeDiskReport({ store, clock });
  expect(conditions("DiskPressure")).toMatchObject([{ status: "False", reason: "KubeletHasNoDiskPressure" }]);
  report("free");
  expect(store.list("Event")).toEqual([]);
  report({ full: "creating container a: no space left on device" });
  report({ full: "creating container b: no space left on device" });
  expect(conditions("DiskPressure")).toMatchObject([
    { status: "True", reason: "KubeletHasDiskPressure", message: "creating container a: no space left on device" },
  ]);
  expect(conditions("Ready")).toMatchObject([{ status: "True" }]);
  report("free");
  expect(conditions("DiskPressure")).toMatchObject([{ status: "False", reason: "KubeletHasNoDiskPressure" }]);
  const events: readonly Event[] = store.list("Event");
  expect(events.map(({ type, reason, count }) => `${type} ${reason} ${count}`).sort()).toEqual([
    "Normal NodeHasNoDiskPressure 1",
    "Warning NodeHasDiskPressure 1",
  ]);
});
