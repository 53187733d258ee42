// Parses and checks ConfigMap config-autoscaler. Source: pkg/autoscaler/config/config.go.
import { durationMs, formatDuration, isWholeSeconds, type Nanoseconds } from "../../base/go/duration.ts";
import { formatFixed, formatFloat } from "../../base/go/number.ts";
import { failed, ok, type Result } from "../../base/result.ts";
import type { StringMap } from "../meta/object.ts";
import { makeConfigReader } from "./reader.ts";
import type { AutoscalerConfig } from "./types.ts";

const SECOND: Nanoseconds = 1_000_000_000n;
const MIN_WINDOW = 6n * SECOND;
const MAX_WINDOW = 3600n * SECOND;

interface Durations {
  readonly window: Nanoseconds;
  readonly delay: Nanoseconds;
  readonly grace: Nanoseconds;
  readonly retention: Nanoseconds;
}

/** Parses config-autoscaler. If the data has several errors, fails with the one that Knative reports first. */
export function parseAutoscalerConfig(data: StringMap): Result<AutoscalerConfig> {
  // Knative reads the keys in this order and reports only the first parse error.
  const read = makeConfigReader(data);
  const podAutoscalerClass = read.text("pod-autoscaler-class", "kpa.autoscaling.knative.dev");
  const enableScaleToZero = read.bool("enable-scale-to-zero", true);
  const allowZeroInitialScale = read.bool("allow-zero-initial-scale", false);
  const maxScaleUpRate = read.float("max-scale-up-rate", 1000);
  const maxScaleDownRate = read.float("max-scale-down-rate", 2);
  const percentage = read.float("container-concurrency-target-percentage", 70);
  const containerConcurrencyTargetDefault = read.float("container-concurrency-target-default", 100);
  const requestsPerSecondTargetDefault = read.float("requests-per-second-target-default", 200);
  const targetBurstCapacity = read.float("target-burst-capacity", 211);
  const panicWindowPercentage = read.float("panic-window-percentage", 10);
  const activatorCapacity = read.float("activator-capacity", 100);
  const panicThresholdPercentage = read.float("panic-threshold-percentage", 200);
  const initialScale = read.integer("initial-scale", 1);
  const minScale = read.integer("min-scale", 0);
  const maxScale = read.integer("max-scale", 0);
  const maxScaleLimit = read.integer("max-scale-limit", 0);
  const durations: Durations = {
    window: read.duration("stable-window", 60n * SECOND),
    delay: read.duration("scale-down-delay", 0n),
    grace: read.duration("scale-to-zero-grace-period", 30n * SECOND),
    retention: read.duration("scale-to-zero-pod-retention-period", 0n),
  };
  if (read.error !== undefined) return failed(`failed to parse data: ${read.error}`);
  const config: AutoscalerConfig = {
    // Knative takes a value up to 1 as a fraction.
    containerConcurrencyTargetFraction: percentage > 1 ? percentage / 100 : percentage,
    containerConcurrencyTargetDefault,
    requestsPerSecondTargetDefault,
    targetBurstCapacity,
    stableWindowMs: durationMs(durations.window),
    panicWindowPercentage,
    panicThresholdPercentage,
    maxScaleUpRate,
    maxScaleDownRate,
    enableScaleToZero,
    scaleToZeroGracePeriodMs: durationMs(durations.grace),
    scaleToZeroPodRetentionPeriodMs: durationMs(durations.retention),
    scaleDownDelayMs: durationMs(durations.delay),
    podAutoscalerClass,
    activatorCapacity,
    initialScale,
    allowZeroInitialScale,
    minScale,
    maxScale,
    maxScaleLimit,
  };
  const error =
    scaleToZeroError(durations) ?? targetError(config) ?? rateError(config, durations.window) ?? scaleError(config);
  return error === undefined ? ok(config) : failed(error);
}

function scaleToZeroError({ delay, grace, retention }: Durations): string | undefined {
  if (grace <= 0n) return `scale-to-zero-grace-period must be positive, was: ${formatDuration(grace)}`;
  if (delay < 0n) return `scale-down-delay cannot be negative, was: ${formatDuration(delay)}`;
  if (!isWholeSeconds(delay)) {
    return `scale-down-delay = ${formatDuration(delay)}, must be specified with at most second precision`;
  }
  if (retention < 0n) return `scale-to-zero-pod-retention-period cannot be negative, was: ${formatDuration(retention)}`;
  return undefined;
}

function targetError(config: AutoscalerConfig): string | undefined {
  const burst = config.targetBurstCapacity;
  if (burst < 0 && burst !== -1) {
    return `target-burst-capacity must be either non-negative or -1 (for unlimited), was: ${formatFixed(burst)}`;
  }
  const fraction = config.containerConcurrencyTargetFraction;
  if (fraction <= 0 || fraction > 1) {
    const shown = formatFixed(fraction);
    return `container-concurrency-target-percentage = ${shown} is outside of valid range of (0, 100]`;
  }
  const target = fraction * config.containerConcurrencyTargetDefault;
  if (target < 0.01) {
    const shown = formatFloat(target);
    return `container-concurrency-target-percentage and container-concurrency-target-default yield target concurrency of ${shown}, can't be less than 0.01`;
  }
  const requests = config.requestsPerSecondTargetDefault;
  if (requests < 0.01) return `requests-per-second-target-default must be at least 0.01, was: ${formatFloat(requests)}`;
  return undefined;
}

function rateError(config: AutoscalerConfig, window: Nanoseconds): string | undefined {
  if (config.activatorCapacity < 1) {
    return `activator-capacity = ${formatFloat(config.activatorCapacity)}, must be at least 1`;
  }
  if (config.maxScaleUpRate <= 1) {
    return `max-scale-up-rate = ${formatFloat(config.maxScaleUpRate)}, must be greater than 1.0`;
  }
  if (config.maxScaleDownRate <= 1) {
    return `max-scale-down-rate = ${formatFloat(config.maxScaleDownRate)}, must be greater than 1.0`;
  }
  if (window < MIN_WINDOW || window > MAX_WINDOW) {
    const range = `[${formatDuration(MIN_WINDOW)}; ${formatDuration(MAX_WINDOW)}]`;
    return `stable-window = ${formatDuration(window)}, must be in ${range} range`;
  }
  if (!isWholeSeconds(window)) {
    return `stable-window = ${formatDuration(window)}, must be specified with at most second precision`;
  }
  if (config.panicWindowPercentage < 1 || config.panicWindowPercentage > 100) {
    return `panic-window-percentage = ${formatFloat(config.panicWindowPercentage)}, must be in [1, 100] interval`;
  }
  return undefined;
}

function scaleError({
  initialScale,
  allowZeroInitialScale,
  minScale,
  maxScale,
  maxScaleLimit,
}: AutoscalerConfig): string | undefined {
  if (initialScale < 0 || (initialScale === 0 && !allowZeroInitialScale)) {
    return `initial-scale = ${initialScale}, must be at least 0 (or at least 1 when allow-zero-initial-scale is false)`;
  }
  if (minScale < 0) return `min-scale = ${minScale}, must be at least 0`;
  const lowest = maxScaleLimit > 0 ? 1 : 0;
  if (maxScale < lowest || (maxScaleLimit > 0 && maxScale > maxScaleLimit)) {
    return `max-scale = ${maxScale}, must be in [${lowest}, max-scale-limit(${maxScaleLimit})] range`;
  }
  if (maxScaleLimit < 0) return `max-scale-limit = ${maxScaleLimit}, must be at least 0`;
  if (maxScale > 0 && minScale > maxScale) return `min-scale (${minScale}) must be less than max-scale (${maxScale})`;
  return undefined;
}
