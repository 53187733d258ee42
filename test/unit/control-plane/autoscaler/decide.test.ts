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
const seen = (stable: number, panic: number, readyPods: number | undefined) => ({
  averages: { stable, panic },
  readyPods,
});
const calm: DeciderState = { maxPanicPods: 0 };

describe("the decision", () => {
  test("wants the stable average divided by the target, rounded up", () => {
    expect(decide(spec(), calm, seen(141, 141, 2), 0).result).toMatchObject({ desiredScale: 3, valid: true });
  });

  test("enters panic if the rounded panic want over the ready pods, at least one, reaches the threshold", () => {
    const one = spec({
      "autoscaling.knative.dev/target": "10",
      "autoscaling.knative.dev/target-utilization-percentage": "100",
    });
    expect(decide(one, calm, seen(10, 11, 0), 0).state.panicTime).toBe(0);
    expect(decide(one, calm, seen(10, 10, 0), 0).state.panicTime).toBeUndefined();
  });

  test("leaves panic only after the stable window has passed since the threshold was last reached", () => {
    const panicking: DeciderState = { maxPanicPods: 9, panicTime: 1000 };
    expect(decide(spec(), panicking, seen(1, 1, 9), 61_000).result.desiredScale).toBe(9);
    const after = decide(spec(), panicking, seen(1, 1, 9), 61_001);
    expect(after.state).toEqual({ maxPanicPods: 0 });
    expect(after.result.desiredScale).toBe(4);
  });

  test("without data keeps all state, even an expired panic", () => {
    const panicking: DeciderState = { maxPanicPods: 9, panicTime: 0 };
    const without = decide(spec(), panicking, { averages: undefined, readyPods: 9 }, 1e9);
    expect(without.state).toBe(panicking);
    expect(without.result.valid).toBe(false);
    expect(decide(spec(), panicking, seen(1, 1, undefined), 1e9).result.valid).toBe(false);
  });

  test("starts in panic if more than one pod is ready", () => {
    expect(makeDeciderState(spec(), 2, 77)).toEqual({ maxPanicPods: 2, panicTime: 77 });
    expect(makeDeciderState(spec(), 1, 77).panicTime).toBeUndefined();
    expect(makeDeciderState(spec(), undefined, 77)).toEqual({ maxPanicPods: 0 });
  });

  test("applies the activation scale after the scale-up rate", () => {
    const slow = spec({ "autoscaling.knative.dev/activation-scale": "7" }, { maxScaleUpRate: 2 });
    expect(decide(slow, calm, seen(1, 1, 0), 0).result.desiredScale).toBe(7);
    expect(decide(slow, calm, seen(0, 0, 0), 0).result.desiredScale).toBe(0);
  });

  test("delays a scale-down in slots of the epoch, except for an unreachable revision", () => {
    const delayed = spec({ "autoscaling.knative.dev/scale-down-delay": "4s" });
    const first = decide(delayed, makeDeciderState(delayed, 0, 0), seen(140, 0, 1), 1000);
    const second = decide(delayed, first.state, seen(0, 0, 1), 3000);
    expect(second.result.desiredScale).toBe(2);
    expect(second.trace.rule).toBe("scale-down-delay");
    expect(decide(delayed, second.state, seen(0, 0, 1), 5000).result.desiredScale).toBe(0);
    expect(decide({ ...delayed, reachable: false }, first.state, seen(0, 0, 1), 3000).result.desiredScale).toBe(0);
  });

  test("computes the excess burst capacity from total value and ready pods; the first is truncated, later ones are floored", () => {
    expect(decide(spec(), calm, seen(0.5, 0.5, 0), 0).result.excessBurstCapacity).toBe(-212);
    expect(makeInitialResult(spec({ "autoscaling.knative.dev/target": "0.5" })).excessBurstCapacity).toBe(-210);
    expect(makeInitialResult(spec({ "autoscaling.knative.dev/target-burst-capacity": "-1" })).excessBurstCapacity).toBe(
      -1,
    );
    expect(
      decide(spec({ "autoscaling.knative.dev/target-burst-capacity": "0" }), calm, seen(9, 9, 1), 0).result,
    ).toMatchObject({ excessBurstCapacity: 0 });
  });

  test("notifies if the scale or the sign of the excess burst capacity changes", () => {
    const published = { desiredScale: 1, excessBurstCapacity: 0, valid: true };
    expect(mustNotify(published, { desiredScale: 1, excessBurstCapacity: 50, valid: true })).toBe(false);
    expect(mustNotify(published, { desiredScale: 1, excessBurstCapacity: -1, valid: true })).toBe(true);
    expect(mustNotify(published, { desiredScale: 2, excessBurstCapacity: 0, valid: true })).toBe(true);
    expect(mustNotify(published, { desiredScale: 2, excessBurstCapacity: 0, valid: false })).toBe(false);
  });
});
