// Reads the autoscaling.knative.dev annotations and serving.knative.dev/progress-deadline. Admission has refused values
// that do not parse.
import { durationMs, parseDuration } from "../../base/go/duration.ts";
import { parseFloat64, parseInteger } from "../../base/go/number.ts";
import type { StringMap } from "../meta/object.ts";
import { AUTOSCALING_PREFIX, PROGRESS_DEADLINE_ANNOTATION } from "../serving/labels.ts";

export const KPA_CLASS = "kpa.autoscaling.knative.dev";
export const HPA_CLASS = "hpa.autoscaling.knative.dev";

/**
 * Maps an annotation name (without `autoscaling.knative.dev/`) to its older camelCase spelling; undefined if it has
 * none.
 * @see knative pkg/apis/autoscaling/register.go
 */
const scalingAnnotations = {
  class: undefined,
  metric: undefined,
  target: undefined,
  window: undefined,
  "activation-scale": undefined,
  "min-scale": "minScale",
  "max-scale": "maxScale",
  "initial-scale": "initialScale",
  "scale-down-delay": "scaleDownDelay",
  "target-burst-capacity": "targetBurstCapacity",
  "target-utilization-percentage": "targetUtilizationPercentage",
  "panic-window-percentage": "panicWindowPercentage",
  "panic-threshold-percentage": "panicThresholdPercentage",
  "scale-to-zero-pod-retention-period": "scaleToZeroPodRetentionPeriod",
  "metric-aggregation-algorithm": "metricAggregationAlgorithm",
} as const;
export type ScalingAnnotation = keyof typeof scalingAnnotations;

/** Returns the annotation with the key that the user wrote. If both spellings are set, returns the one with hyphens. */
export function scalingEntry(
  annotations: StringMap | undefined,
  name: ScalingAnnotation,
): { readonly key: string; readonly value: string } | undefined {
  for (const spelling of [name, scalingAnnotations[name]]) {
    const key = AUTOSCALING_PREFIX + spelling;
    const value = spelling === undefined ? undefined : annotations?.[key];
    if (value !== undefined) return { key, value };
  }
  return undefined;
}

export function scalingText(annotations: StringMap | undefined, name: ScalingAnnotation): string | undefined {
  return scalingEntry(annotations, name)?.value;
}

/** Returns an annotation as a number; undefined if the annotation is absent or does not parse. */
export function scalingFloat(annotations: StringMap | undefined, name: ScalingAnnotation): number | undefined {
  const text = scalingText(annotations, name);
  const read = text === undefined ? undefined : parseFloat64(text);
  return read?.ok ? read.value : undefined;
}

/** Returns an annotation as an int32; undefined if the annotation is absent or does not parse. */
export function scalingInteger(annotations: StringMap | undefined, name: ScalingAnnotation): number | undefined {
  const text = scalingText(annotations, name);
  const read = text === undefined ? undefined : parseInteger(text, 32);
  return read?.ok ? read.value : undefined;
}

/** Returns a duration annotation in ms; undefined if the annotation is absent or does not parse. */
export function scalingDurationMs(annotations: StringMap | undefined, name: ScalingAnnotation): number | undefined {
  return durationTextMs(scalingText(annotations, name));
}

/** Returns the progress deadline in ms; undefined if the annotation is absent or does not parse. */
export function progressDeadlineMs(annotations: StringMap | undefined): number | undefined {
  return durationTextMs(annotations?.[PROGRESS_DEADLINE_ANNOTATION]);
}

function durationTextMs(text: string | undefined): number | undefined {
  const read = text === undefined ? undefined : parseDuration(text);
  return read?.ok ? durationMs(read.value) : undefined;
}
