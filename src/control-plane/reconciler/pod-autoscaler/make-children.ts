// Makes the Metric and the ServerlessService of a PodAutoscaler.
// Source: pkg/reconciler/autoscaling/resources/{metric,sks}.go.

import type { Metric, PodAutoscaler } from "../../../apis/autoscaling/types.ts";
import type { AutoscalerConfig } from "../../../apis/config/types.ts";
import type { ObjectMeta, Stored } from "../../../apis/meta/object.ts";
import type { ServerlessService } from "../../../apis/networking/types.ts";
import { AUTOSCALING_METRIC_ANNOTATION, without } from "../../../apis/serving/labels.ts";
import { makeCollectionSpec } from "../../autoscaler/decider-spec.ts";
import { controllerReference } from "../ownership.ts";

/** The PodAutoscaler's name, labels and annotations. */
export function makeChildMetadata(pa: Stored<PodAutoscaler>): ObjectMeta {
  const { name, namespace, labels, annotations } = pa.metadata;
  return {
    name,
    namespace,
    ...(labels && { labels }),
    ...(annotations && { annotations }),
    ownerReferences: [controllerReference(pa)],
  };
}

/** `privateService`: the scrape target, unless the activator is always in the request path. */
export function makeMetric(pa: Stored<PodAutoscaler>, config: AutoscalerConfig, privateService: string): Metric {
  const windows = makeCollectionSpec(pa, config);
  return {
    apiVersion: "autoscaling.internal.knative.dev/v1alpha1",
    kind: "Metric",
    metadata: makeChildMetadata(pa),
    spec: {
      stableWindow: windows.stableWindowMs * 1e6,
      panicWindow: windows.panicWindowMs * 1e6,
      scrapeTarget: windows.scraped ? privateService : "",
    },
  };
}

/** Copies the PodAutoscaler's name, labels and annotations, except the annotation `metric`. */
export function makeServerlessService(
  pa: Stored<PodAutoscaler>,
  mode: "Serve" | "Proxy",
  numActivators: number,
): ServerlessService {
  const { name, namespace, labels } = pa.metadata;
  const annotations = without(pa.metadata.annotations, (key) => key === AUTOSCALING_METRIC_ANNOTATION);
  return {
    apiVersion: "networking.internal.knative.dev/v1alpha1",
    kind: "ServerlessService",
    metadata: {
      name,
      namespace,
      ...(labels && { labels }),
      ...(Object.keys(annotations).length > 0 && { annotations }),
      ownerReferences: [controllerReference(pa)],
    },
    spec: {
      mode,
      objectRef: pa.spec.scaleTargetRef,
      protocolType: pa.spec.protocolType,
      ...(numActivators > 0 && { numActivators }),
    },
  };
}
