// What Knative's webhook fills in for a PodAutoscaler: its class, and the metric that the class scales on by default.
// Source: pkg/apis/autoscaling/v1alpha1/pa_defaults.go.

import type { AutoscalerConfig } from "../config/types.ts";
import { AUTOSCALING_CLASS_ANNOTATION, AUTOSCALING_METRIC_ANNOTATION } from "../serving/labels.ts";
import { HPA_CLASS, KPA_CLASS } from "./annotations.ts";
import type { PodAutoscaler } from "./types.ts";

const defaultMetrics: Readonly<Record<string, string>> = { [KPA_CLASS]: "concurrency", [HPA_CLASS]: "cpu" };

/** The PodAutoscaler with class and metric set. Classes that Knative does not know get an empty one. */
export function defaultPodAutoscaler(pa: PodAutoscaler, config: AutoscalerConfig): PodAutoscaler {
  const { annotations } = pa.metadata;
  const itsClass = annotations?.[AUTOSCALING_CLASS_ANNOTATION] ?? config.podAutoscalerClass;
  const metric = annotations?.[AUTOSCALING_METRIC_ANNOTATION] ?? defaultMetrics[itsClass] ?? "";
  const defaulted = {
    ...annotations,
    [AUTOSCALING_CLASS_ANNOTATION]: itsClass,
    [AUTOSCALING_METRIC_ANNOTATION]: metric,
  };
  return { ...pa, metadata: { ...pa.metadata, annotations: defaulted } };
}
