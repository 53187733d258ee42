// Makes the HorizontalPodAutoscaler settings of a PodAutoscaler of the HPA class.
// Follows pkg/reconciler/autoscaling/hpa/resources/hpa.go.
import { scalingDurationMs, scalingFloat, scalingText } from "../../apis/autoscaling/annotations.ts";
import type { AutoscalerConfig } from "../../apis/config/types.ts";
import { type Scalable, scaleBoundsOf } from "./decider-spec.ts";
import type { HpaSpec } from "./hpa-decision.ts";

/** Resources that knap measures. Other metrics need a metrics adapter, which knap does not have. */
export type HpaResource = "cpu" | "memory";
/** Kubernetes' default target if a HorizontalPodAutoscaler has no metric. */
const DEFAULT_CPU_PER_CENT = 80;
const MEBIBYTE = 2 ** 20;
const MAX_REPLICAS = 2 ** 31 - 1;

/** Returns undefined if knap does not measure the metric. Only min-scale and max-scale apply then. */
export function hpaResourceOf(pa: Scalable): HpaResource | undefined {
  const metric = scalingText(pa.metadata.annotations, "metric") ?? "cpu";
  if (scalingFloat(pa.metadata.annotations, "target") === undefined) return "cpu";
  return metric === "cpu" || metric === "memory" ? metric : undefined;
}

export function makeHpaSpec(pa: Scalable, config: AutoscalerConfig): HpaSpec {
  const { annotations } = pa.metadata;
  const { min, max } = scaleBoundsOf(pa, config);
  const target = scalingFloat(annotations, "target");
  return {
    min: Math.max(1, min),
    max: max === 0 ? MAX_REPLICAS : max,
    target:
      target !== undefined && scalingText(annotations, "metric") === "memory"
        ? { kind: "average", value: Math.trunc(target) * MEBIBYTE }
        : { kind: "utilization", value: target === undefined ? DEFAULT_CPU_PER_CENT : Math.ceil(target) },
    windowMs: scalingDurationMs(annotations, "window"),
  };
}
