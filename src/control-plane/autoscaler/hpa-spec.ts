// From a PodAutoscaler of the HPA class to what a HorizontalPodAutoscaler would be told. Pure.
// Source: pkg/reconciler/autoscaling/hpa/resources/hpa.go.
import { scalingDurationMs, scalingFloat, scalingText } from "../../apis/autoscaling/annotations.ts";
import type { AutoscalerConfig } from "../../apis/config/types.ts";
import { type Scalable, scaleBoundsOf } from "./decider-spec.ts";
import type { HpaSpec } from "./hpa-decision.ts";

/** Which usage of the containers counts. Other names are metrics of a cluster's adapters, which are not here. */
export type HpaResource = "cpu" | "memory";
/** What Kubernetes takes when no metric is asked for. */
const DEFAULT_CPU_PER_CENT = 80;
const MEBIBYTE = 2 ** 20;
const MOST = 2 ** 31 - 1;

/** undefined: the metric is none of containers, so only the bounds hold. */
export function hpaResourceOf(pa: Scalable): HpaResource | undefined {
  const metric = scalingText(pa.metadata.annotations, "metric") ?? "cpu";
  if (scalingFloat(pa.metadata.annotations, "target") === undefined) return "cpu";
  return metric === "cpu" || metric === "memory" ? metric : undefined;
}

/** Bounds, target and stabilization window. */
export function makeHpaSpec(pa: Scalable, config: AutoscalerConfig): HpaSpec {
  const { annotations } = pa.metadata;
  const { min, max } = scaleBoundsOf(pa, config);
  const target = scalingFloat(annotations, "target");
  const windowMs = scalingDurationMs(annotations, "window");
  return {
    min: Math.max(1, min),
    max: max === 0 ? MOST : max,
    target:
      target !== undefined && scalingText(annotations, "metric") === "memory"
        ? { kind: "average", value: Math.trunc(target) * MEBIBYTE }
        : { kind: "utilization", value: target === undefined ? DEFAULT_CPU_PER_CENT : Math.ceil(target) },
    ...(windowMs !== undefined && { windowMs }),
  };
}
