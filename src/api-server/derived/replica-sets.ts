// Derives the ReplicaSet of each Deployment's current template. knap's Deployments own their Pods themselves and keep
// no earlier templates, so a Deployment has exactly one ReplicaSet.
import type { ReplicaSet } from "../../apis/core/derived-types.ts";
import type { Deployment } from "../../apis/core/types.ts";
import type { Stored } from "../../apis/meta/object.ts";
import {
  replicaSetName,
  TEMPLATE_HASH_LABEL,
  templateHash,
} from "../../control-plane/reconciler/deployment/make-pod.ts";
import { controllerReference } from "../../control-plane/reconciler/ownership.ts";
import { derivedMetadata } from "./derived-metadata.ts";
import { derivation } from "./derived-reader.ts";

export const replicaSets = derivation(
  "Deployment.apps",
  (name) => name.slice(0, name.lastIndexOf("-")),
  (deployment) => [makeReplicaSet(deployment)],
);

function makeReplicaSet(deployment: Stored<Deployment>): Stored<ReplicaSet> {
  const { spec, status = {}, metadata } = deployment;
  const { replicas = 1, minReadySeconds, template, selector } = spec;
  const hash = templateHash(template);
  const labels = { ...template.metadata?.labels, [TEMPLATE_HASH_LABEL]: hash };
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: derivedMetadata(deployment, {
      kind: "ReplicaSet",
      name: replicaSetName(deployment, hash),
      labels,
      annotations: {
        ...metadata.annotations,
        "deployment.kubernetes.io/desired-replicas": String(replicas),
        "deployment.kubernetes.io/revision": "1",
      },
      owner: controllerReference(deployment),
    }) as Stored<ReplicaSet>["metadata"],
    spec: {
      replicas,
      ...(minReadySeconds !== undefined && { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [TEMPLATE_HASH_LABEL]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
    status: {
      replicas: status.replicas ?? 0,
      fullyLabeledReplicas: status.replicas ?? 0,
      readyReplicas: status.readyReplicas ?? 0,
      availableReplicas: status.availableReplicas ?? 0,
      observedGeneration: metadata.generation,
    },
  };
}
