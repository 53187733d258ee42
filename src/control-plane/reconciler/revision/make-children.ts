// The PodAutoscaler of a Revision: how it may be scaled and whether anybody can reach it.
// Source: pkg/reconciler/revision/resources/pa.go.

import type { PodAutoscaler, Reachability } from "../../../apis/autoscaling/types.ts";
import type { Deployment } from "../../../apis/core/types.ts";
import { childName } from "../../../apis/meta/names.ts";
import type { Stored } from "../../../apis/meta/object.ts";
import type { Image } from "../../../apis/networking/types.ts";
import { ROUTING_STATE_LABEL } from "../../../apis/serving/labels.ts";
import type { Revision, RevisionContainerStatus } from "../../../apis/serving/types.ts";
import { controllerReference } from "../ownership.ts";
import { deploymentName } from "./make-deployment.ts";
import { autoscalerAnnotations, childLabels, deploymentAnnotations, protocolOf } from "./revision-parts.ts";

/** The whole PodAutoscaler; class and metric are filled in by defaulting. `deployment`: as it stands now, if it does. */
export function makePodAutoscaler(
  revision: Stored<Revision>,
  deployment: Stored<Deployment> | undefined,
): PodAutoscaler {
  const { name, namespace } = revision.metadata;
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

function reachabilityOf(revision: Stored<Revision>, deployment: Stored<Deployment> | undefined): Reachability {
  const failed = revision.status?.conditions?.some(
    ({ type, status }) => status === "False" && (type === "ResourcesAvailable" || type === "ContainerHealthy"),
  );
  const noneReady = (deployment?.spec.replicas ?? 1) > 0 && (deployment?.status?.readyReplicas ?? 0) === 0;
  if (failed === true && deployment !== undefined && noneReady) return "Unreachable";
  const state = revision.metadata.labels?.[ROUTING_STATE_LABEL];
  if (state === "active") return "Reachable";
  return state === "reserve" ? "Unreachable" : "";
}

/** The Images of all init and user containers whose digests are known. */
export function makeImages(revision: Stored<Revision>): readonly Image[] {
  const { initContainerStatuses = [], containerStatuses = [] } = revision.status ?? {};
  return [...initContainerStatuses, ...containerStatuses].map((container) => makeImage(revision, container));
}

function makeImage(revision: Stored<Revision>, { name = "", imageDigest = "" }: RevisionContainerStatus): Image {
  const annotations = deploymentAnnotations(revision);
  const { serviceAccountName, imagePullSecrets } = revision.spec;
  return {
    apiVersion: "caching.internal.knative.dev/v1alpha1",
    kind: "Image",
    metadata: {
      name: childName(childName(revision.metadata.name, "-cache"), `-${name}`),
      namespace: revision.metadata.namespace,
      labels: childLabels(revision),
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
      ownerReferences: [controllerReference(revision)],
    },
    spec: {
      image: imageDigest,
      ...(serviceAccountName ? { serviceAccountName } : {}),
      ...(imagePullSecrets ? { imagePullSecrets } : {}),
    },
  };
}
