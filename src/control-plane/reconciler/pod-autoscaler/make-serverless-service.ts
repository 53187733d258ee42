// The ServerlessService of a PodAutoscaler. Source: pkg/reconciler/autoscaling/resources/sks.go.
import type { PodAutoscaler } from "../../../apis/autoscaling/types.ts";
import type { ServerlessService } from "../../../apis/networking/types.ts";
import { AUTOSCALING_METRIC_ANNOTATION, without } from "../../../apis/serving/labels.ts";
import { controllerReference } from "../ownership.ts";

/** Named as the PodAutoscaler, with its labels and annotations but for `metric`. */
export function makeServerlessService(
  pa: PodAutoscaler,
  mode: "Serve" | "Proxy",
  numActivators: number,
): ServerlessService {
  const { name, namespace = "", labels } = pa.metadata;
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
