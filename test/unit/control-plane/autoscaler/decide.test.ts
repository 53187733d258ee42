import { describe, expect, test } from "vitest";
import { parseAutoscalerConfig } from "../../../../src/apis/config/autoscaler.ts";
import {
  type DeciderSpec,
  type DeciderState,
  decide,
  makeDeciderState,
  makeInitialResult,
  mustNotify,
} from "../../../../src/control-plane/autoscaler/decide.ts";
import { makeDeciderSpec } from "../../../../src/control-plane/autoscaler/decider-spec.ts";

function spec(annotations: Record<string, string> = {}, over: Partial<DeciderSpec> = {}): DeciderSpec {
  const config = parseAutoscalerConfig({});
  if (!config.ok) throw new Error(config.error);
  const metadata = { name: "hello-00001", annotations };
  const pa = { metadata, spec: { scaleTargetRef: {}, protocolType: "http1" as const } };
  return { ...makeDeciderSpec(pa, config.value), ...over };
}
const observation = (stable: number, panic: number, readyPods: number | undefined) => ({
  averages: { stable, panic },
  readyPods,
});
const calm: DeciderState = { maxPanicPods: 0 };

describe("the decision", () => {
  test("the desired scale is the stable average divided by the target, rounded up", () => {
    expect(decide(spec(), calm, observation(141, 141, 2), 0).result).toMatchObject({ desiredScale: 3, valid: true });
  });

  test("panic begins if the rounded panic scale divided by the ready pods reaches the threshold", () => {
    const one = spec({
      "autoscaling.knative.dev/target": "10",
      "autoscaling.knative.dev/target-utilization-percentage": "100",
    });
    expect(decide(one, calm, observation(10, 11, 0), 0).state.panicTime).toBe(0);
    expect(decide(one, calm, observation(10, 10, 0), 0).state.panicTime).toBeUndefined();
  });

  test("panic ends only after the stable window has passed since the threshold was last reached", () => {
    const panicking: DeciderState = { maxPanicPods: 9, panicTime: 1000 };
    expect(decide(spec(), panicking, observation(1, 1, 9), 61_000).result.desiredScale).toBe(9);
    const after = decide(spec(), panicking, observation(1, 1, 9), 61_001);
    expect(after.state).toEqual({ maxPanicPods: 0 });
    expect(after.result.desiredScale).toBe(4);
  });

  test("a decision without data keeps all state, even an expired panic", () => {
    const panicking: DeciderState = { maxPanicPods: 9, panicTime: 0 };
    const without = decide(spec(), panicking, { averages: undefined, readyPods: 9 }, 1e9);
    expect(without.state).toBe(panicking);
    expect(without.result.valid).toBe(false);
    expect(decide(spec(), panicking, observation(1, 1, undefined), 1e9).result.valid).toBe(false);
  });

  test("a new decider is in panic if more than one pod is ready", () => {
    expect(makeDeciderState(spec(), 2, 77)).toEqual({ maxPanicPods: 2, panicTime: 77 });
    expect(makeDeciderState(spec(), 1, 77).panicTime).toBeUndefined();
    expect(makeDeciderState(spec(), undefined, 77)).toEqual({ maxPanicPods: 0 });
  });

  test("a decision applies the activation scale after the scale-up rate", () => {
    const slow = spec({ "autoscaling.knative.dev/activation-scale": "7" }, { maxScaleUpRate: 2 });
    expect(decide(slow, calm, observation(1, 1, 0), 0).result.desiredScale).toBe(7);
    expect(decide(slow, calm, observation(0, 0, 0), 0).result.desiredScale).toBe(0);
  });

  test("a scale-down is delayed in slots of the epoch, except for an unreachable revision", () => {
    const delayed = spec({ "autoscaling.knative.dev/scale-down-delay": "4s" });
    const first = decide(delayed, makeDeciderState(delayed, 0, 0), observation(140, 0, 1), 1000);
    const second = decide(delayed, first.state, observation(0, 0, 1), 3000);
    expect(second.result.desiredScale).toBe(2);
    expect(second.trace.rule).toBe("scale-down-delay");
    expect(decide(delayed, second.state, observation(0, 0, 1), 5000).result.desiredScale).toBe(0);
    expect(decide({ ...delayed, reachable: false }, first.state, observation(0, 0, 1), 3000).result.desiredScale).toBe(
      0,
    );
  });

  test("a decision computes the excess burst capacity; the first one is truncated, later ones are floored", () => {
    expect(decide(spec(), calm, observation(0.5, 0.5, 0), 0).result.excessBurstCapacity).toBe(-212);
    expect(makeInitialResult(spec({ "autoscaling.knative.dev/target": "0.5" })).excessBurstCapacity).toBe(-210);
    expect(makeInitialResult(spec({ "autoscaling.knative.dev/target-burst-capacity": "-1" })).excessBurstCapacity).toBe(
      -1,
    );
    expect(
      decide(spec({ "autoscaling.knative.dev/target-burst-capacity": "0" }), calm, observation(9, 9, 1), 0).result,
    ).toMatchObject({ excessBurstCapacity: 0 });
  });

  test("a decision notifies if the scale or the sign of the excess burst capacity changes", () => {
    const published = { desiredScale: 1, excessBurstCapacity: 0, valid: true };
    expect(mustNotify(published, { desiredScale: 1, excessBurstCapacity: 50, valid: true })).toBe(false);
    expect(mustNotify(published, { desiredScale: 1, excessBurstCapacity: -1, valid: true })).toBe(true);
    expect(mustNotify(published, { desiredScale: 2, excessBurstCapacity: 0, valid: true })).toBe(true);
    expect(mustNotify(published, { desiredScale: 2, excessBurstCapacity: 0, valid: false })).toBe(false);
  });
});
