import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Clock } from "../../src/base/clock.ts";
import { monotonicClock } from "../../src/base/monotonic-clock.ts";
import { VirtualClock } from "../../src/base/virtual-clock.ts";
import { WallClock } from "../../src/base/wall-clock.ts";
import { type DeciderState, decide, makeDeciderState } from "../../src/control-plane/autoscaler/decide.ts";
import { makeDeciderSpec } from "../../src/control-plane/autoscaler/decider-spec.ts";
import { type ScaleStepInput, scaleStep } from "../../src/control-plane/reconciler/pod-autoscaler/scale-step.ts";
import { autoscalerConfig, followed, podAutoscaler, readyPod, START, stat } from "../support/scaling.ts";
import { asStored } from "../support/store.ts";

const runs = { numRuns: 200 };
const spec = makeDeciderSpec(podAutoscaler(), autoscalerConfig());
const seconds = fc.integer({ min: 0, max: 700_000 });
const observation = fc.record({
  averages: fc.option(
    fc.record({
      stable: fc.float({ min: 0, max: 2000, noNaN: true }),
      panic: fc.float({ min: 0, max: 2000, noNaN: true }),
    }),
    { nil: undefined },
  ),
  readyPods: fc.option(fc.integer({ min: 0, max: 40 }), { nil: undefined }),
});

describe("decisions for any observation", () => {
  test("a panicking revision is never scaled down", () => {
    fc.assert(
      fc.property(fc.array(observation, { maxLength: 60 }), fc.integer({ min: 0, max: 5 }), (observations, ready) => {
        let state: DeciderState = makeDeciderState(spec, ready, START);
        let before = state.panicTime === undefined ? 0 : ready;
        for (const [index, each] of observations.entries()) {
          const decision = decide(spec, state, each, START + 2000 * (index + 1));
          state = decision.state;
          if (!decision.result.valid) continue;
          if (decision.trace.panicking) expect(decision.result.desiredScale).toBeGreaterThanOrEqual(before);
          before = decision.trace.panicking ? decision.result.desiredScale : 0;
        }
      }),
      runs,
    );
  });

  test("without data there is no decision, and the state does not change", () => {
    fc.assert(
      fc.property(observation, fc.integer({ min: 0, max: 9 }), seconds, (one, ready, passed) => {
        const state = makeDeciderState(spec, ready, START);
        const decision = decide(spec, state, one, START + passed);
        const known = one.averages !== undefined && one.readyPods !== undefined;
        expect(decision.result.valid).toBe(known);
        if (!known) expect(decision.state).toBe(state);
      }),
      runs,
    );
  });

  test("replicas are set within the bounds, or to 0 if scale to zero allows it", () => {
    const input: fc.Arbitrary<ScaleStepInput> = fc.record({
      desired: fc.integer({ min: -1, max: 50 }),
      min: fc.integer({ min: 0, max: 5 }),
      max: fc.constantFrom(0, 5, 10),
      initialScale: fc.integer({ min: 0, max: 5 }),
      reachable: fc.boolean(),
      initialized: fc.boolean(),
      active: fc.record({ status: fc.constantFrom("True", "False", "Unknown"), ageMs: seconds }),
      replicas: fc.option(fc.integer({ min: 0, max: 50 }), { nil: undefined }),
      stableWindowMs: fc.constant(60_000),
      enableScaleToZero: fc.boolean(),
      progressDeadlineMs: fc.constant(600_000),
      graceMs: fc.constant(30_000),
      retentionMs: fc.constantFrom(0, 300_000),
      targetBurstCapacity: fc.constantFrom(-1, 0, 211),
      proxying: fc.boolean(),
      proxiedMs: seconds,
      probe: fc.boolean().map((ok) => () => ok),
    });
    fc.assert(
      fc.property(input, (given) => {
        const { replicas, want } = scaleStep(given);
        if (replicas === undefined) return;
        expect(replicas).toBe(want);
        expect(replicas).not.toBe(given.replicas ?? 1);
        if (given.max > 0) expect(replicas).toBeLessThanOrEqual(Math.max(given.max, given.min, 1));
        expect(replicas).toBeGreaterThanOrEqual(given.min);
        if (replicas > 0) return;
        expect(given.enableScaleToZero).toBe(true);
        if (given.active.status === "True") throw new Error("an active revision was scaled to zero in one step");
        if (given.active.status === "False" && given.targetBurstCapacity !== -1) expect(given.probe()).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("virtual and real clocks", () => {
  afterEach(() => vi.useRealTimers());

  /** Changes pods and load every half second. Returns the advice with its times. */
  const adviceFor = (clock: Clock, advance: (ms: number) => void, script: readonly number[]): readonly string[] => {
    const rig = followed(clock);
    for (const [index, load] of script.entries()) {
      if (index % 7 === 0) rig.tick.observe({ type: "ADDED", object: asStored(readyPod(`pod-${index}`, clock.now())) });
      rig.pods = stat(load);
      rig.activator = load % 2 === 0 ? stat(load * 3) : undefined;
      advance(500);
    }
    rig.tick.close();
    return rig.advised;
  };

  test("virtual time and the machine's clock give the same decisions at the same times", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 10, maxLength: 80 }), (script) => {
        const virtual = new VirtualClock(START);
        const onVirtual = adviceFor(virtual, (ms) => virtual.advance(ms), script);
        vi.useFakeTimers({ now: START });
        const onSystem = adviceFor(
          new WallClock({ wall: Date.now, monotonic: monotonicClock }),
          (ms) => vi.advanceTimersByTime(ms),
          script,
        );
        vi.useRealTimers();
        expect(onSystem).toEqual(onVirtual);
        expect(onVirtual.length).toBeGreaterThan(0);
      }),
      { numRuns: 50 },
    );
  });
});
