// One Pod of a Deployment. In knap there is no ReplicaSet between them: the Deployment owns its Pods, which still carry the
// name and the hash label that a ReplicaSet would have given them.

import { DEFAULT_ACCOUNT, pullSecretsOf } from "../../../apis/core/pod.ts";
import type { Deployment, Pod, ServiceAccount } from "../../../apis/core/types.ts";
import type { Stored } from "../../../apis/meta/object.ts";
import { md5Hex } from "../../../base/hash.ts";
import { controllerReference } from "../ownership.ts";

export const TEMPLATE_HASH_LABEL = "pod-template-hash";
/** Kubernetes' alphabet for generated names: no vowels, nothing that reads as another character. */
const ALPHABET = "bcdfghjklmnpqrstvwxz2456789";
const LONGEST_PREFIX = 58;

/** Ten characters that change with the pod template. */
export function templateHash(template: Deployment["spec"]["template"]): string {
  return letters(JSON.stringify(template), 10);
}

/** What the ReplicaSet of the template with this hash would be called. */
export function replicaSetName(deployment: Stored<Deployment>, hash: string): string {
  return `${deployment.metadata.name}-${hash}`;
}

/**
 * `hash`: of the present template; `chance`: a text that differs from every other time a Pod of this Deployment is made;
 * `account`: the Pod's, if there is one.
 */
export function makePod(deployment: Stored<Deployment>, hash: string, chance: string, account?: ServiceAccount): Pod {
  const { metadata, spec } = deployment.spec.template;
  const secrets = pullSecretsOf(spec, account);
  const generateName = `${replicaSetName(deployment, hash)}-`;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: generateName.slice(0, LONGEST_PREFIX) + letters(`${deployment.metadata.uid}/${chance}`, 5),
      generateName,
      namespace: deployment.metadata.namespace,
      labels: { ...metadata?.labels, [TEMPLATE_HASH_LABEL]: hash },
      ...(metadata?.annotations ? { annotations: metadata.annotations } : {}),
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      restartPolicy: "Always",
      terminationGracePeriodSeconds: 30,
      dnsPolicy: "ClusterFirst",
      serviceAccountName: DEFAULT_ACCOUNT,
      schedulerName: "default-scheduler",
      ...spec,
      ...(secrets.length > 0 ? { imagePullSecrets: secrets } : {}),
    },
    status: { phase: "Pending" },
  };
}

function letters(text: string, count: number): string {
  const digest = md5Hex(text);
  let made = "";
  for (let index = 0; index < count; index++) {
    made += ALPHABET[Number.parseInt(digest.slice(index * 2, index * 2 + 2), 16) % ALPHABET.length];
  }
  return made;
}
