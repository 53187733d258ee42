// The limits of the autoscaling annotations: the value at each limit is accepted, the next one beyond it is refused.
import { describe, expect, test } from "vitest";
import { validateAutoscalingAnnotations } from "../../../src/apis/autoscaling/annotation-validation.ts";
import { parseGcConfig } from "../../../src/apis/config/gc.ts";
import { makeServingConfig } from "../../../src/apis/config/serving-config.ts";
import type { AutoscalerConfig } from "../../../src/apis/config/types.ts";

const config = makeServingConfig(new Map()).config.autoscaler;
const isAccepted = (name: string, value: string, more: Partial<AutoscalerConfig> = {}, others = {}): boolean =>
  validateAutoscalingAnnotations({ [`autoscaling.knative.dev/${name}`]: value, ...others }, { ...config, ...more })
    .length === 0;

describe("the annotation", () => {
  test.each([
    ["window", "6s", "5999ms"],
    ["window", "6s", "5s"],
    ["window", "1h", "3601s"],
    ["window", "7s", "6500ms"],
    ["scale-down-delay", "0s", "-1s"],
    ["scale-down-delay", "1h", "1h1s"],
    ["scale-down-delay", "1s", "1ms"],
    ["scale-to-zero-pod-retention-period", "0s", "-1ns"],
    ["scale-to-zero-pod-retention-period", "1h", "1h1ns"],
    ["min-scale", "0", "-1"],
    ["min-scale", "2147483647", "2147483648"],
    ["max-scale", "2147483647", "2147483648"],
    ["initial-scale", "1", "-1"],
    ["initial-scale", "1", "0"],
    ["activation-scale", "2", "1"],
    ["activation-scale", "2147483647", "2147483648"],
    ["panic-window-percentage", "1", "0.99"],
    ["panic-window-percentage", "100", "100.01"],
    ["panic-threshold-percentage", "110", "109.99"],
    ["panic-threshold-percentage", "1000", "1000.01"],
    ["target-utilization-percentage", "1", "0.99"],
    ["target-utilization-percentage", "100", "100.01"],
    ["target", "0.01", "0.009"],
    ["target-burst-capacity", "-1", "-1.01"],
    ["target-burst-capacity", "0", "-0.5"],
  ])("%s accepts %s and refuses %s (11 A6)", (name, inside, outside) => {
    expect(isAccepted(name, inside)).toBe(true);
    expect(isAccepted(name, outside)).toBe(false);
  });

  test("max-scale accepts the limit of the cluster and refuses more, and 0, which means no limit (11 A6)", () => {
    expect(isAccepted("max-scale", "5", { maxScaleLimit: 5 })).toBe(true);
    expect(isAccepted("max-scale", "6", { maxScaleLimit: 5 })).toBe(false);
    expect(isAccepted("max-scale", "0", { maxScaleLimit: 5 })).toBe(false);
    expect(isAccepted("max-scale", "0", { maxScaleLimit: 0 })).toBe(true);
  });

  test("activation-scale and max-scale must not be less than min-scale, and may equal it (11 A6)", () => {
    const min = { "autoscaling.knative.dev/min-scale": "3" };
    for (const name of ["activation-scale", "max-scale"]) {
      expect(isAccepted(name, "3", {}, min)).toBe(true);
      expect(isAccepted(name, "2", {}, min)).toBe(false);
    }
    expect(isAccepted("activation-scale", "3", {}, { "autoscaling.knative.dev/max-scale": "3" })).toBe(true);
    expect(isAccepted("activation-scale", "4", {}, { "autoscaling.knative.dev/max-scale": "3" })).toBe(false);
  });
});

test.each([
  [{ "min-non-active-revisions": "5", "max-non-active-revisions": "5" }, true],
  [{ "min-non-active-revisions": "6", "max-non-active-revisions": "5" }, false],
  [{ "min-non-active-revisions": "-1" }, false],
  [{ "retain-since-create-time": "0s" }, true],
  [{ "retain-since-create-time": "-1ns" }, false],
  [{ "max-non-active-revisions": "9223372036854775807" }, false],
])("config-gc with %j is accepted: %j (11 A6)", (data, isValid) => {
  expect(parseGcConfig(data).ok).toBe(isValid);
});
