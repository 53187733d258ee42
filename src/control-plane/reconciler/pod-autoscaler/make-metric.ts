// The Metric of a PodAutoscaler: which windows to collect over, and from where. Source: pkg/reconciler/autoscaling/resources/metric.go.
import type { Metric, PodAutoscaler } from "../../../apis/autoscaling/types.ts";
import type { AutoscalerConfig } from "../../../apis/config/types.ts";
import { makeCollectionSpec } from "../../autoscaler/decider-spec.ts";
import { controllerReference } from "../ownership.ts";

/** `privateService` is where pods would be scraped; nothing is scraped while the activator is always in the path. */
export function makeMetric(pa: PodAutoscaler, config: AutoscalerConfig, privateService: string): Metric {
  const { name, namespace = "", labels, annotations } = pa.metadata;
  const windows = makeCollectionSpec(pa, config);
  return {
    apiVersion: "autoscaling.internal.knative.dev/v1alpha1",
    kind: "Metric",
    metadata: {
      name,
      namespace,
      ...(labels && { labels }),
      ...(annotations && { annotations }),
      ownerReferences: [controllerReference(pa)],
    },
    spec: {
      stableWindow: windows.stableWindowMs * 1e6,
      panicWindow: windows.panicWindowMs * 1e6,
      scrapeTarget: windows.scraped ? privateService : "",
    },
  };
}
