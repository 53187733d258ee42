// Sets the defaults of a PodAutoscaler: its class, and the metric of that class.
// Source: pkg/apis/autoscaling/v1alpha1/pa_defaults.go.

import type { AutoscalerConfig } from "../config/types.ts";
import { AUTOSCALING_CLASS_ANNOTATION, AUTOSCALING_METRIC_ANNOTATION } from "../serving/labels.ts";
import { HPA_CLASS, KPA_CLASS } from "./annotations.ts";
import type { PodAutoscaler } from "./types.ts";

const defaultMetrics: Readonly<Record<string, string>> = { [KPA_CLASS]: "concurrency", [HPA_CLASS]: "cpu" };

/** Returns the PodAutoscaler with class and metric. The default metric of an unknown class is "". */
export function defaultPodAutoscaler(pa: PodAutoscaler, config: AutoscalerConfig): PodAutoscaler {
  const { annotations } = pa.metadata;
  const scalerClass = annotations?.[AUTOSCALING_CLASS_ANNOTATION] ?? config.podAutoscalerClass;
  const metric = annotations?.[AUTOSCALING_METRIC_ANNOTATION] ?? defaultMetrics[scalerClass] ?? "";
  const defaulted = {
    ...annotations,
    [AUTOSCALING_CLASS_ANNOTATION]: scalerClass,
    [AUTOSCALING_METRIC_ANNOTATION]: metric,
  };
  return { ...pa, metadata: { ...pa.metadata, annotations: defaulted } };
}
