import { expect, test } from "vitest";
import type { Event } from "../../../src/apis/core/types.ts";
import { silentLogger } from "../../../src/base/logger.ts";
import { makeSessionClocks, recordClockChanges } from "../../../src/emulator/session-clocks.ts";
import { NODE_NAME } from "../../../src/node/agent/node-object.ts";
import { makeStore } from "../../support/store.ts";

const DAY = 86_400_000;

test("setting the machine's clock forward or back creates an Event of the Node, and object time never goes back", async () => {
  const store = makeStore();
  store.create({ apiVersion: "v1", kind: "Node", metadata: { name: NODE_NAME } });
  let setBy = 0;
  const clocks = makeSessionClocks({ clock: "real", log: silentLogger }, () => Date.now() + setBy);
  recordClockChanges(clocks, store);
  const before = clocks.objects.now();
  setBy = DAY;
  const after = clocks.objects.now();
  expect(after - before).toBeGreaterThanOrEqual(DAY);
  expect(clocks.awakeSince()).toBe(after);
  setBy = 0;
  expect(clocks.objects.now()).toBeGreaterThanOrEqual(after);
  expect(store.list("Event")).toEqual([]);
  await new Promise((resolve) => setImmediate(resolve));
  const events = store.list("Event") as readonly Event[];
  expect(events.map(({ reason, message }) => `${reason}: ${message?.split(":")[0]}`).sort()).toEqual([
    "ClockSet: the machine's clock was set back by 24h0m0s",
    "ClockSet: the machine's clock went forward by 24h0m0s (it was set, or the machine slept)",
  ]);
  expect(events[0]?.involvedObject).toMatchObject({ kind: "Node", name: NODE_NAME });
});

test("virtual time ignores the machine's clock, also for statistics", () => {
  let wall = 1000;
  const clocks = makeSessionClocks({ clock: "virtual", log: silentLogger }, () => wall);
  wall += DAY;
  expect(clocks.objects.now()).toBe(1000);
  expect(clocks.stats).toBe(clocks.objects);
  expect(clocks.virtual).toBe(clocks.objects);
});
