// Makes the HorizontalPodAutoscaler of a PodAutoscaler, for clients to read: the autoscaler scales the Deployment.
// Source: pkg/reconciler/autoscaling/hpa/resources/hpa.go.
import { scalingFloat, scalingText } from "../../../apis/autoscaling/annotations.ts";
import type { HorizontalPodAutoscaler, PodAutoscaler } from "../../../apis/autoscaling/types.ts";
import type { AutoscalerConfig } from "../../../apis/config/types.ts";
import type { Stored } from "../../../apis/meta/object.ts";
import { hpaResourceOf, makeHpaSpec } from "../../autoscaler/hpa-spec.ts";
import { makeChildMetadata } from "./make-children.ts";

const MEBIBYTE = 2 ** 20;

export function makeHorizontalPodAutoscaler(
  pa: Stored<PodAutoscaler>,
  config: AutoscalerConfig,
): HorizontalPodAutoscaler {
  const { min, max, windowMs } = makeHpaSpec(pa, config);
  const rules = windowMs === undefined ? undefined : { stabilizationWindowSeconds: Math.trunc(windowMs / 1000) };
  return {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: makeChildMetadata(pa),
    spec: {
      scaleTargetRef: pa.spec.scaleTargetRef,
      minReplicas: min,
      maxReplicas: max,
      metrics: [metricOf(pa, config)],
      ...(rules && { behavior: { scaleUp: rules, scaleDown: rules } }),
    },
  };
}

function metricOf(
  pa: Stored<PodAutoscaler>,
  config: AutoscalerConfig,
): HorizontalPodAutoscaler["spec"]["metrics"][number] {
  const { annotations } = pa.metadata;
  const resource = hpaResourceOf(pa);
  if (resource === undefined) {
    const averageValue = String(Math.ceil(scalingFloat(annotations, "target") ?? 0));
    const metric = { name: scalingText(annotations, "metric") ?? "" };
    return { type: "Pods", pods: { metric, target: { type: "AverageValue", averageValue } } };
  }
  const { kind, value } = makeHpaSpec(pa, config).target;
  const target =
    kind === "utilization"
      ? ({ type: "Utilization", averageUtilization: value } as const)
      : ({ type: "AverageValue", averageValue: `${value / MEBIBYTE}Mi` } as const);
  return { type: "Resource", resource: { name: resource, target } };
}
