// Validates the autoscaling.knative.dev annotations.
// Source: pkg/apis/autoscaling/annotation_validation.go.

import { isWholeSeconds, parseDuration } from "../../base/go/duration.ts";
import { parseFloat64, parseInteger } from "../../base/go/number.ts";
import type { AutoscalerConfig } from "../config/types.ts";
import { type Findings, finding, invalidValue, none, outOfBounds } from "../meta/field-error.ts";
import type { StringMap } from "../meta/object.ts";
import { AUTOSCALING_PREFIX } from "../serving/labels.ts";
import { HPA_CLASS, KPA_CLASS, type ScalingAnnotation, scalingEntry, scalingText } from "./annotations.ts";

const LARGEST = 2 ** 31 - 1;
const SECOND = 1_000_000_000n;
const HOUR = 3600n * SECOND;

type Found = NonNullable<ReturnType<typeof scalingEntry>>;

/** Paths have the key as the user wrote it. Only the finding max-scale < min-scale has the newer spellings. */
export function validateAutoscalingAnnotations(annotations: StringMap, config: AutoscalerConfig): Findings {
  const check = (name: ScalingAnnotation, rule: (found: Found) => Findings): Findings => {
    const found = scalingEntry(annotations, name);
    return found ? rule(found) : none;
  };
  return [
    ...check("class", validateClass),
    ...validateScales(annotations, config),
    ...check("initial-scale", (found) => validateInitialScale(found, config)),
    ...check("panic-window-percentage", (found) => floatBetween(found, 1, 100)),
    ...check("panic-threshold-percentage", (found) => floatBetween(found, 110, 1000)),
    ...check("target-utilization-percentage", (found) => floatBetween(found, 1, 100)),
    ...check("target", validateTarget),
    ...check("target-burst-capacity", validateBurst),
    ...check("window", (found) => durationBetween(found, 6n * SECOND, "6s", "whole seconds")),
    ...check("scale-down-delay", (found) => durationBetween(found, 0n, "0s", "whole seconds")),
    ...check("scale-to-zero-pod-retention-period", (found) => durationBetween(found, 0n, "0s")),
    ...validateMetric(annotations, config),
    ...validateAlgorithm(annotations),
  ];
}

function validateClass({ key, value }: Found): Findings {
  const isKnative = value.endsWith(".knative.dev");
  return isKnative && value !== KPA_CLASS && value !== HPA_CLASS ? invalidValue(value, key) : none;
}

/** Parses a non-negative int32. The value is 0 if the annotation is absent, invalid or out of range. */
function scale(found: Found | undefined): { readonly value: number; readonly findings: Findings } {
  if (!found) return { value: 0, findings: none };
  const { key, value: text } = found;
  if (!/^[+-]?\d+$/.test(text)) return { value: 0, findings: invalidValue(text, key) };
  const value = Number(text);
  const fits = value >= 0 && value <= LARGEST;
  return fits ? { value, findings: none } : { value: 0, findings: outOfBounds(text, 0, LARGEST, key) };
}

function validateScales(annotations: StringMap, config: AutoscalerConfig): Findings {
  const maxAnnotation = scalingEntry(annotations, "max-scale");
  const min = scale(scalingEntry(annotations, "min-scale"));
  const max = scale(maxAnnotation);
  const isInverted = max.value !== 0 && max.value < min.value;
  return [
    ...min.findings,
    ...max.findings,
    ...(isInverted
      ? finding(`max-scale=${max.value} is less than min-scale=${min.value}`, [
          `${AUTOSCALING_PREFIX}max-scale`,
          `${AUTOSCALING_PREFIX}min-scale`,
        ])
      : none),
    ...(maxAnnotation ? validateLimit(maxAnnotation.key, max.value, config.maxScaleLimit) : none),
    ...validateActivationScale(annotations, min.value, max.value),
  ];
}

function validateLimit(key: string, max: number, limit: number): Findings {
  if (limit <= 0) return none;
  if (max === 0) return finding(`max-scale=0 (unlimited), must be less than ${limit}`, [key]);
  return max > limit ? outOfBounds(max, 1, limit, key) : none;
}

function validateActivationScale(annotations: StringMap, min: number, max: number): Findings {
  const found = scalingEntry(annotations, "activation-scale");
  if (!found) return none;
  const parsed = parseInteger(found.value, 32);
  if (!parsed.ok) return invalidValue(found.value, found.key);
  const scale = parsed.value;
  if (min > scale) return finding(`min-scale=${min} is greater than activation-scale=${scale}`, [found.key]);
  if (max !== 0 && max < scale) return finding(`max-scale=${max} is less than activation-scale=${scale}`, [found.key]);
  return scale < 2 ? finding(`activation-scale=${scale} must be greater than 1`, [found.key]) : none;
}

/** Knative puts the reason into the path of these findings. */
function validateInitialScale({ key, value }: Found, config: AutoscalerConfig): Findings {
  const parsed = parseInteger(value, 64);
  if (!parsed.ok) return invalidValue(value, key);
  if (parsed.value < 0) return invalidValue(value, `${key} must be greater than 0`);
  if (parsed.value > 0 || config.allowZeroInitialScale) return none;
  return invalidValue(value, `${key}=0 not allowed by cluster`);
}

function floatBetween({ key, value }: Found, lower: number, upper: number): Findings {
  const parsed = parseFloat64(value);
  if (!parsed.ok) return invalidValue(value, key);
  return parsed.value < lower || parsed.value > upper ? outOfBounds(value, lower, upper, key) : none;
}

function validateTarget({ key, value }: Found): Findings {
  const parsed = parseFloat64(value);
  if (!parsed.ok) return invalidValue(value, key);
  return parsed.value < 0.01 ? finding(`target ${value} should be at least 0.01`, [key]) : none;
}

function validateBurst({ key, value }: Found): Findings {
  const parsed = parseFloat64(value);
  return !parsed.ok || (parsed.value < 0 && parsed.value !== -1) ? invalidValue(value, key) : none;
}

function durationBetween(
  { key, value }: Found,
  lower: bigint,
  shownLower: string,
  precision?: "whole seconds",
): Findings {
  const parsed = parseDuration(value);
  if (!parsed.ok) return invalidValue(value, key);
  if (parsed.value < lower || parsed.value > HOUR) return outOfBounds(value, shownLower, "1h0m0s", key);
  if (precision === undefined || isWholeSeconds(parsed.value)) return none;
  return finding("must be specified with at most second precision", [key]);
}

function validateMetric(annotations: StringMap, config: AutoscalerConfig): Findings {
  const metric = scalingEntry(annotations, "metric");
  if (!metric) return none;
  const scalerClass = scalingText(annotations, "class") ?? config.podAutoscalerClass;
  const { key, value } = metric;
  if (scalerClass === KPA_CLASS) return value === "concurrency" || value === "rps" ? none : invalidValue(value, key);
  return scalerClass === HPA_CLASS && value === "" ? invalidValue(value, key) : none;
}

function validateAlgorithm(annotations: StringMap): Findings {
  const algorithm = scalingEntry(annotations, "metric-aggregation-algorithm");
  if (!algorithm || scalingText(annotations, "class") !== KPA_CLASS) return none;
  const known = ["", "linear", "weighted-exponential", "weightedExponential"];
  return known.includes(algorithm.value) ? none : invalidValue(algorithm.value, algorithm.key);
}
