// What Knative's webhook fills in for a PodAutoscaler: its class, and the metric that the class scales on by default.
// Source: pkg/apis/autoscaling/v1alpha1/pa_defaults.go.
import type { AutoscalerConfig } from "../config/types.ts";
import { AUTOSCALING_PREFIX, HPA_CLASS, KPA_CLASS } from "./annotations.ts";
import type { PodAutoscaler } from "./types.ts";

const CLASS = `${AUTOSCALING_PREFIX}class`;
const METRIC = `${AUTOSCALING_PREFIX}metric`;
const defaultMetrics: Readonly<Record<string, string>> = { [KPA_CLASS]: "concurrency", [HPA_CLASS]: "cpu" };

/** The PodAutoscaler with class and metric set. Classes that Knative does not know get an empty one. */
export function defaultPodAutoscaler(pa: PodAutoscaler, config: AutoscalerConfig): PodAutoscaler {
  const { annotations } = pa.metadata;
  const itsClass = annotations?.[CLASS] ?? config.podAutoscalerClass;
  const metric = annotations?.[METRIC] ?? defaultMetrics[itsClass] ?? "";
  const defaulted = { ...annotations, [CLASS]: itsClass, [METRIC]: metric };
  return { ...pa, metadata: { ...pa.metadata, annotations: defaulted } };
}
