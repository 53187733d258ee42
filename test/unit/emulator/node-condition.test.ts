import { expect, test } from "vitest";
import type { Event } from "../../../src/apis/core/types.ts";
import { EventRecorder } from "../../../src/control-plane/controller/event-recorder.ts";
import { makeClusterObjects } from "../../../src/emulator/cluster-objects.ts";
import { makeEngineReport } from "../../../src/emulator/node-condition.ts";
import { makeManualClock, makeStore } from "../../support/store.ts";

test("an engine that is away shows in the Node's Ready condition and in an Event, and so does its return", () => {
  const clock = makeManualClock();
  const store = makeStore({ clock });
  const [made] = makeClusterObjects({ cpus: 2, memoryBytes: 2 ** 30, architecture: "amd64" });
  const { status, ...node } = made as NonNullable<typeof made>;
  store.create(node);
  store.writeStatus({ kind: "Node", namespace: "", name: "knap" }, status);
  const report = makeEngineReport({ store, recorder: new EventRecorder(store, clock), clock });
  const ready = () => store.get("Node", "", "knap")?.status?.conditions?.filter(({ type }) => type === "Ready");
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
