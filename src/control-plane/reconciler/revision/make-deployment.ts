// The Deployment of a Revision. Its replicas are written once, here; from then on they are the autoscaler's.
// Source: pkg/reconciler/revision/resources/deploy.go.

import { progressDeadlineMs, scalingInteger } from "../../../apis/autoscaling/annotations.ts";
import type { ServingConfig } from "../../../apis/config/types.ts";
import { servingContainer } from "../../../apis/core/pod.ts";
import type { Deployment } from "../../../apis/core/types.ts";
import { childName } from "../../../apis/meta/names.ts";
import type { Stored } from "../../../apis/meta/object.ts";
import {
  DEFAULT_CONTAINER_ANNOTATION,
  DEPLOYMENT_HASH_LABEL,
  REVISION_UID_LABEL,
} from "../../../apis/serving/labels.ts";
import type { Revision } from "../../../apis/serving/types.ts";
import { md5Hex } from "../../../base/hash.ts";
import { controllerReference } from "../ownership.ts";
import { makePodSpec } from "./make-pod-spec.ts";
import { childLabels, deploymentAnnotations } from "./revision-parts.ts";

/** `<revision>-deployment`, hashed when too long. */
export function deploymentName(revision: string): string {
  return childName(revision, "-deployment");
}

/** The whole Deployment. Its hash label tells whether a later one would differ. */
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
    progressDeadlineSeconds: Math.trunc(deadlineMs / 1000),
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

/** Six characters of the spec without its replicas: those change hands. */
function hashOf(spec: Deployment["spec"]): string {
  const { replicas: _replicas, ...rest } = spec;
  return md5Hex(JSON.stringify(rest)).slice(0, 6);
}
