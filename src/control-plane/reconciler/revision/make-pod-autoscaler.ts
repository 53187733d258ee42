// The PodAutoscaler of a Revision: how it may be scaled and whether anybody can reach it.
// Source: pkg/reconciler/revision/resources/pa.go.
import type { PodAutoscaler, Reachability } from "../../../apis/autoscaling/types.ts";
import type { Deployment } from "../../../apis/core/types.ts";
import { ROUTING_STATE_LABEL } from "../../../apis/serving/labels.ts";
import type { Revision } from "../../../apis/serving/types.ts";
import { controllerReference } from "../ownership.ts";
import { deploymentName } from "./make-deployment.ts";
import { autoscalerAnnotations, childLabels } from "./revision-meta.ts";
import { protocolOf } from "./revision-spec.ts";

/** The whole PodAutoscaler; class and metric are filled in by defaulting. `deployment`: as it stands now, if it does. */
export function makePodAutoscaler(revision: Revision, deployment: Deployment | undefined): PodAutoscaler {
  const { name, namespace = "" } = revision.metadata;
  const annotations = autoscalerAnnotations(revision);
  const concurrency = revision.spec.containerConcurrency ?? 0;
  const reachability = reachabilityOf(revision, deployment);
  return {
    apiVersion: "autoscaling.internal.knative.dev/v1alpha1",
    kind: "PodAutoscaler",
    metadata: {
      name,
      namespace,
      labels: childLabels(revision),
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
      ownerReferences: [controllerReference(revision)],
    },
    spec: {
      ...(concurrency > 0 ? { containerConcurrency: concurrency } : {}),
      scaleTargetRef: { kind: "Deployment", name: deploymentName(name), apiVersion: "apps/v1" },
      ...(reachability === "" ? {} : { reachability }),
      protocolType: protocolOf(revision),
    },
  };
}

function reachabilityOf(revision: Revision, deployment: Deployment | undefined): Reachability {
  const failed = revision.status?.conditions?.some(
    ({ type, status }) => status === "False" && (type === "ResourcesAvailable" || type === "ContainerHealthy"),
  );
  const noneReady = (deployment?.spec.replicas ?? 1) > 0 && (deployment?.status?.readyReplicas ?? 0) === 0;
  if (failed === true && deployment !== undefined && noneReady) return "Unreachable";
  const state = revision.metadata.labels?.[ROUTING_STATE_LABEL];
  if (state === "active") return "Reachable";
  return state === "reserve" ? "Unreachable" : "";
}
