import { describe, expect, test } from "vitest";
import type { Clock } from "../../../../src/base/clock.ts";
import { makeRandom } from "../../../../src/base/seeded-random.ts";
import { VirtualClock } from "../../../../src/base/virtual-clock.ts";
import {
  autoscalerConfig,
  followed,
  metricOf,
  podAutoscaler,
  readyPod,
  revision,
  START,
  stat,
} from "../../../support/scaling.ts";
import { asStored } from "../../../support/store.ts";

/** A clock whose next timer runs `lateMs` after it was due. */
function lateClock(start: number): { readonly clock: Clock; readonly runNext: (lateMs: number) => void } {
  let now = start;
  const timers = new Set<{ readonly at: number; readonly run: () => void }>();
  const clock: Clock = {
    now: () => now,
    at: (at, run) => {
      const timer = { at, run };
      timers.add(timer);
      return { [Symbol.dispose]: () => void timers.delete(timer) };
    },
  };
  const runNext = (lateMs: number): void => {
    const [next] = [...timers].sort((a, b) => a.at - b.at);
    if (!next) return;
    timers.delete(next);
    now = Math.max(now, next.at + lateMs);
    next.run();
  };
  return { clock, runNext };
}

describe("the autoscaler on a clock", () => {
  test("the autoscaler publishes -1 until the first decision, two seconds after the decider's creation", () => {
    const clock = new VirtualClock(START + 300);
    const rig = followed(clock);
    rig.tick.observe({ type: "ADDED", object: asStored(readyPod("a", START)) });
    expect(rig.tick.autoscaler.advice.get(revision)).toEqual({
      desiredScale: -1,
      excessBurstCapacity: -111,
      valid: true,
    });
    clock.advance(1999);
    expect(rig.advised).toEqual([]);
    clock.advance(1);
    expect(rig.advised).toEqual(["2300: 0"]);
  });

  test("the autoscaler evaluates at once for a first request at zero, but not before the first decision", () => {
    const clock = new VirtualClock(START);
    const rig = followed(clock);
    rig.tick.receive(revision, stat(1));
    expect(rig.advised).toEqual([]);
    const late = new VirtualClock(START);
    const idle = followed(late, { "target-burst-capacity": "-1" });
    late.advance(2500);
    expect(idle.advised).toEqual(["2000: 0"]);
    idle.tick.receive(revision, stat(1));
    expect(idle.advised).toEqual(["2000: 0", "2500: 1"]);
  });

  test("idle pods count as data: the last pod stays until the window contains only zeros", () => {
    const clock = new VirtualClock(START);
    const rig = followed(clock);
    rig.tick.observe({ type: "ADDED", object: asStored(readyPod("a", START)) });
    rig.pods = stat(3);
    clock.advance(10_000);
    rig.pods = stat(0);
    clock.advance(59_500);
    expect(rig.advised).toEqual(["2000: 1"]);
    clock.advance(2000);
    expect(rig.advised).toEqual(["2000: 1", "70000: 0"]);
  });

  test("the autoscaler decides nothing without pods and statistics of the activator", () => {
    const clock = new VirtualClock(START);
    const rig = followed(clock);
    clock.advance(600_000);
    expect(rig.advised).toEqual([]);
  });

  test("the autoscaler counts a request that the activator forwarded once", () => {
    const clock = new VirtualClock(START);
    const rig = followed(clock);
    rig.tick.observe({ type: "ADDED", object: asStored(readyPod("a", START)) });
    rig.pods = { ...stat(140), averageProxiedConcurrentRequests: 140, proxiedRequestCount: 140 };
    rig.activator = stat(140);
    clock.advance(2000);
    expect(rig.advised).toEqual(["2000: 2"]);
  });

  test("the autoscaler counts late statistics in the second in which they were due", () => {
    const { clock, runNext } = lateClock(START + 990);
    const rig = followed(clock, { window: "6s" });
    rig.tick.observe({ type: "ADDED", object: asStored(readyPod("a", START)) });
    rig.pods = stat(139);
    const wanted = new Set<number>();
    for (let round = 0; round < 40; round++) {
      // Every fifth callback is late enough to fall into the next second.
      runNext(round % 5 === 0 ? 15 : 0);
      wanted.add(rig.tick.autoscaler.advice.get(revision)?.desiredScale ?? -1);
    }
    expect(wanted).toEqual(new Set([-1, 2]));
    rig.tick.close();
  });

  const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
  test.each(seeds.flatMap((seed) => [[seed, "activator"] as const, [seed, "pods"] as const]))(
    "the autoscaler never scales down while the load rises, also with late timers: seed %i, statistics of %s (11 A12)",
    (seed, source) => {
      const random = makeRandom(seed);
      const { clock, runNext } = lateClock(START);
      const rig = followed(clock, {
        window: "6s",
        target: "1",
        "target-burst-capacity": source === "pods" ? "0" : "-1",
      });
      rig.tick.observe({ type: "ADDED", object: asStored(readyPod("a", START)) });
      const wanted: number[] = [];
      for (let round = 0; round < 300; round++) {
        const load = 4 + Math.floor((clock.now() - START) / 20_000);
        rig[source] = stat(load);
        // A tenth of the timers is late by up to 20 s, as on an overloaded machine.
        runNext(random() < 0.1 ? random() * 20_000 : 0);
        wanted.push(rig.tick.autoscaler.advice.get(revision)?.desiredScale ?? -1);
      }
      expect(wanted.at(-1)).toBeGreaterThan(20);
      expect(wanted).toEqual(wanted.toSorted((a, b) => a - b));
    },
  );

  test.each([10, 30, 3600])(
    "one busy second after only the wall clock jumped by %d s starts no more pods than without a jump (11 A12)",
    (seconds) => {
      const advisedAfter = (jumpMs: number): number[] => {
        const { clock, runNext } = lateClock(START);
        let jumpedMs = 0;
        const rig = followed(clock, { target: "1" }, { now: () => clock.now() - jumpedMs });
        rig.tick.observe({ type: "ADDED", object: asStored(readyPod("a", START)) });
        rig.pods = stat(0.5);
        for (let round = 0; round < 60; round += 1) runNext(0);
        rig.pods = stat(20);
        jumpedMs = jumpMs;
        runNext(jumpMs);
        rig.pods = stat(0.5);
        const wanted: number[] = [];
        for (let round = 0; round < 6; round += 1) {
          wanted.push(rig.tick.autoscaler.advice.get(revision)?.desiredScale ?? -1);
          runNext(0);
        }
        rig.tick.close();
        return wanted;
      };
      expect(Math.max(...advisedAfter(seconds * 1000))).toBe(Math.max(...advisedAfter(0)));
    },
  );

  test.each([9e18, 0, -1])("a Metric with a window of %d ns does not stop the autoscaler (11 A1)", (window) => {
    const clock = new VirtualClock(START);
    const rig = followed(clock);
    const metric = metricOf(podAutoscaler(), autoscalerConfig());
    const spec = { ...metric.spec, stableWindow: window, panicWindow: window };
    rig.tick.observe({ type: "MODIFIED", object: asStored({ ...metric, spec }) });
    rig.tick.observe({ type: "ADDED", object: asStored(readyPod("a", START)) });
    rig.pods = stat(70);
    clock.advance(4000);
    expect(rig.advised).not.toEqual([]);
  });

  test("the live report shows the load of the last reported second, also with the shortest panic window", () => {
    const clock = new VirtualClock(START);
    const rig = followed(clock, { window: "6s" });
    rig.tick.observe({ type: "ADDED", object: asStored(readyPod("a", START)) });
    rig.pods = stat(8, 50);
    clock.advance(3_000);
    const loadAfter = (afterMs: number) => rig.tick.autoscaler.loadOf(revision, START + 3_000 + afterMs);
    expect(loadAfter(0)).toEqual({ concurrency: 8, rps: 50 });
    expect(loadAfter(1_400)).toEqual({ concurrency: 8, rps: 50 });
    expect(loadAfter(9_000)).toEqual({ concurrency: 0, rps: 0 });
  });

  test("new parameters keep the state; deleting the PodAutoscaler removes all state", () => {
    const clock = new VirtualClock(START);
    const rig = followed(clock);
    rig.tick.observe({ type: "ADDED", object: asStored(readyPod("a", START)) });
    rig.pods = stat(500);
    clock.advance(2000);
    const changed = podAutoscaler({ target: "10", "target-utilization-percentage": "100" });
    rig.tick.observe({ type: "MODIFIED", object: asStored(changed) });
    clock.advance(2000);
    expect(rig.advised).toEqual(["2000: 8", "4000: 50"]);
    rig.tick.observe({ type: "DELETED", object: asStored(changed) });
    clock.advance(60_000);
    expect(rig.advised).toHaveLength(2);
    expect(rig.tick.autoscaler.advice.size).toBe(0);
    rig.tick.close();
    expect(clock.nextDue()).toBeUndefined();
  });

  test("a decider needs the labels of its owners and a private service", () => {
    const clock = new VirtualClock(START);
    const rig = followed(clock);
    const { labels: _, ...metadata } = podAutoscaler().metadata;
    rig.tick.observe({
      type: "ADDED",
      object: asStored(podAutoscaler({}, { metadata: { ...metadata, name: "bare" } })),
    });
    rig.tick.observe({
      type: "ADDED",
      object: asStored(podAutoscaler({}, { metadata: { ...podAutoscaler().metadata, name: "young" }, status: {} })),
    });
    expect([...rig.tick.autoscaler.advice.keys()]).toEqual([revision]);
  });
});
