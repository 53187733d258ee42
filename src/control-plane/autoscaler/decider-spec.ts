// Reads scaling parameters from a PodAutoscaler's annotations and config-autoscaler. Follows
// pkg/reconciler/autoscaling/{resources/target,kpa/resources/decider}.go and autoscaling/v1alpha1/pa_lifecycle.go.
import { scalingDurationMs, scalingFloat, scalingInteger, scalingText } from "../../apis/autoscaling/annotations.ts";
import type { PodAutoscaler } from "../../apis/autoscaling/types.ts";
import type { AutoscalerConfig } from "../../apis/config/types.ts";
import type { StringMap } from "../../apis/meta/object.ts";
import { debugOf } from "../../apis/serving/debug.ts";
import type { CollectionSpec, ScalingMetric } from "./collection.ts";
import type { DeciderSpec } from "./decide.ts";
import { BUCKET_MS } from "./window.ts";

/** Returns the autoscaler class: the annotation, else the default of config-autoscaler. */
export function classOf(pa: Scalable, config: AutoscalerConfig): string {
  return scalingText(pa.metadata.annotations, "class") ?? config.podAutoscalerClass;
}

/** The parts of a PodAutoscaler that scaling depends on. */
export type Scalable = Pick<PodAutoscaler, "metadata" | "spec">;

const SMALLEST_TARGET = 0.01;
/** The target utilization of requests per second. Knative has no ConfigMap key for it. */
const RPS_UTILIZATION = 0.7;

/** Makes the decider's parameters. An annotation overrides the ConfigMap. */
export function makeDeciderSpec(pa: Scalable, config: AutoscalerConfig): DeciderSpec {
  const { annotations } = pa.metadata;
  const { metric, targetValue, totalValue } = targetOf(pa, config);
  const panicThreshold = scalingFloat(annotations, "panic-threshold-percentage") ?? config.panicThresholdPercentage;
  return {
    metric,
    targetValue,
    totalValue,
    targetBurstCapacity: targetBurstCapacityOf(annotations, config),
    activatorCapacity: config.activatorCapacity,
    maxScaleUpRate: config.maxScaleUpRate,
    maxScaleDownRate: config.maxScaleDownRate,
    panicThreshold: panicThreshold / 100,
    stableWindowMs: stableWindowMsOf(annotations, config),
    scaleDownDelayMs: scalingDurationMs(annotations, "scale-down-delay") ?? config.scaleDownDelayMs,
    initialScale: initialScaleOf(annotations, config),
    activationScale: scalingInteger(annotations, "activation-scale") ?? 0,
    reachable: pa.spec.reachability !== "Unreachable",
  };
}

/** Returns the target load per pod: `totalValue`, and `targetValue` = `totalValue` × target utilization. */
function targetOf(
  pa: Scalable,
  config: AutoscalerConfig,
): { readonly metric: ScalingMetric; readonly targetValue: number; readonly totalValue: number } {
  const { annotations } = pa.metadata;
  const metric: ScalingMetric = scalingText(annotations, "metric") === "rps" ? "rps" : "concurrency";
  const limit = metric === "concurrency" ? (pa.spec.containerConcurrency ?? 0) : 0;
  const fallback =
    metric === "concurrency" ? config.containerConcurrencyTargetDefault : config.requestsPerSecondTargetDefault;
  const wanted = scalingFloat(annotations, "target");
  const percentage = scalingFloat(annotations, "target-utilization-percentage");
  const utilization = metric === "concurrency" ? config.containerConcurrencyTargetFraction : RPS_UTILIZATION;
  const unlimited = wanted ?? (limit === 0 ? fallback : limit);
  const totalValue = limit === 0 ? unlimited : Math.min(unlimited, limit);
  const used = percentage === undefined ? utilization : percentage / 100;
  return { metric, totalValue, targetValue: Math.max(SMALLEST_TARGET, totalValue * used) };
}

function targetBurstCapacityOf(annotations: StringMap | undefined, config: AutoscalerConfig): number {
  return scalingFloat(annotations, "target-burst-capacity") ?? config.targetBurstCapacity;
}

function stableWindowMsOf(annotations: StringMap | undefined, config: AutoscalerConfig): number {
  return scalingDurationMs(annotations, "window") ?? config.stableWindowMs;
}

/** Returns the panic window: a percentage of the stable window, rounded to seconds, at least 1 s. */
export function panicWindowMsOf(annotations: StringMap | undefined, config: AutoscalerConfig): number {
  const percentage = scalingFloat(annotations, "panic-window-percentage") ?? config.panicWindowPercentage;
  const nanoseconds = Math.trunc((stableWindowMsOf(annotations, config) * 1e6 * percentage) / 100);
  return Math.max(BUCKET_MS, Math.round(nanoseconds / 1e9) * 1000);
}

/** Returns the initial scale. The annotation value 0 counts only with `allow-zero-initial-scale`. */
export function initialScaleOf(annotations: StringMap | undefined, config: AutoscalerConfig): number {
  const wanted = scalingInteger(annotations, "initial-scale");
  return wanted === undefined || (wanted === 0 && !config.allowZeroInitialScale) ? config.initialScale : wanted;
}

/**
 * Returns min-scale and max-scale, 0 for no bound. An unreachable revision has no minimum. A debugged one has one pod.
 */
export function scaleBoundsOf(pa: Scalable, config: AutoscalerConfig): { readonly min: number; readonly max: number } {
  const { annotations } = pa.metadata;
  if (debugOf(pa.metadata)) return { min: 1, max: 1 };
  const min = scalingInteger(annotations, "min-scale") ?? config.minScale;
  return {
    min: pa.spec.reachability === "Unreachable" ? 0 : min,
    max: scalingInteger(annotations, "max-scale") ?? config.maxScale,
  };
}

/** Makes the collection settings of a PodAutoscaler's Metric. */
export function makeCollectionSpec(pa: Scalable, config: AutoscalerConfig): CollectionSpec {
  const { annotations } = pa.metadata;
  return {
    stableWindowMs: stableWindowMsOf(annotations, config),
    panicWindowMs: panicWindowMsOf(annotations, config),
    scraped: targetBurstCapacityOf(annotations, config) !== -1,
    weighted: isWeighted(annotations),
  };
}

/** Returns how long the last pod stays after the last request; 0 for an unreachable revision. */
export function retentionMsOf(pa: Scalable, config: AutoscalerConfig): number {
  if (pa.spec.reachability === "Unreachable") return 0;
  const { annotations } = pa.metadata;
  return scalingDurationMs(annotations, "scale-to-zero-pod-retention-period") ?? config.scaleToZeroPodRetentionPeriodMs;
}

/** Returns true for either spelling of the weighted algorithm; any other value means linear. */
export function isWeighted(annotations: StringMap | undefined): boolean {
  const algorithm = scalingText(annotations, "metric-aggregation-algorithm");
  return algorithm === "weighted-exponential" || algorithm === "weightedExponential";
}
