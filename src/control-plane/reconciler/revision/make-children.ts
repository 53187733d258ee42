// Makes the Deployment, the PodAutoscaler and the Images of a Revision.
// Source: pkg/reconciler/revision/resources/{deploy,pa,imagecache}.go.
import { progressDeadlineMs, scalingInteger } from "../../../apis/autoscaling/annotations.ts";
import type { PodAutoscaler, Reachability } from "../../../apis/autoscaling/types.ts";
import type { ServingConfig } from "../../../apis/config/types.ts";
import { servingContainer } from "../../../apis/core/pod.ts";
import type { Deployment } from "../../../apis/core/types.ts";
import { childName } from "../../../apis/meta/names.ts";
import type { Stored } from "../../../apis/meta/object.ts";
import type { Image } from "../../../apis/networking/types.ts";
import { DEBUG_TIMEOUT_SECONDS, debugOf } from "../../../apis/serving/debug.ts";
import {
  DEFAULT_CONTAINER_ANNOTATION,
  DEPLOYMENT_HASH_LABEL,
  REVISION_UID_LABEL,
  ROUTING_STATE_LABEL,
} from "../../../apis/serving/labels.ts";
import type { Revision, RevisionContainerStatus } from "../../../apis/serving/types.ts";
import { md5Hex } from "../../../base/hash.ts";
import { controllerReference } from "../ownership.ts";
import { makePodSpec } from "./make-pod-spec.ts";
import { autoscalerAnnotations, childLabels, deploymentAnnotations, protocolOf } from "./revision-parts.ts";

/** Makes the PodAutoscaler. `deployment`: the existing one. The caller's defaulting adds class and metric. */
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

/** Makes an Image for each init container and user container. */
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

/** Returns `<revision>-deployment`, shortened with a hash if the name is too long. */
export function deploymentName(revision: string): string {
  return childName(revision, "-deployment");
}

/** Sets the initial scale and a label with a hash of the spec, by which the reconciler finds a changed spec. */
export function makeDeployment(revision: Stored<Revision>, config: ServingConfig): Deployment {
  const labels = childLabels(revision);
  const annotations = deploymentAnnotations(revision);
  const serving = servingContainer(revision.spec.containers)?.name;
  const uid = revision.metadata.uid;
  const deadlineMs = progressDeadlineMs(revision.metadata.annotations) ?? config.deployment.progressDeadlineMs;
  const spec: Deployment["spec"] = {
    replicas: scalingInteger(revision.metadata.annotations, "initial-scale") ?? config.autoscaler.initialScale,
    selector: { matchLabels: { [REVISION_UID_LABEL]: uid } },
    template: {
      metadata: {
        labels,
        annotations: serving ? { ...annotations, [DEFAULT_CONTAINER_ANNOTATION]: serving } : annotations,
      },
      spec: makePodSpec(revision, config),
    },
    strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0 } },
    revisionHistoryLimit: 0,
    // A breakpoint can hold an app that starts.
    progressDeadlineSeconds: debugOf(revision.metadata) ? DEBUG_TIMEOUT_SECONDS : Math.trunc(deadlineMs / 1000),
  };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: {
      name: deploymentName(revision.metadata.name),
      namespace: revision.metadata.namespace,
      labels: { ...labels, [DEPLOYMENT_HASH_LABEL]: hashOf(spec) },
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
      ownerReferences: [controllerReference(revision)],
    },
    spec,
  };
}

/** Returns a hash of the spec without the replicas, 6 characters long. */
function hashOf(spec: Deployment["spec"]): string {
  const { replicas: _replicas, ...rest } = spec;
  return md5Hex(JSON.stringify(rest)).slice(0, 6);
}
