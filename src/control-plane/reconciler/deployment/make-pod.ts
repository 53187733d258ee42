// Makes a Pod of a Deployment. The Pod has the name and the hash label that a ReplicaSet would give.
import { DEFAULT_ACCOUNT, pullSecretsOf } from "../../../apis/core/pod.ts";
import type { Deployment, Pod, ServiceAccount } from "../../../apis/core/types.ts";
import type { Stored } from "../../../apis/meta/object.ts";
import { md5Hex } from "../../../base/hash.ts";
import { controllerReference } from "../ownership.ts";

export const TEMPLATE_HASH_LABEL = "pod-template-hash";
/** Kubernetes' alphabet for generated names: no vowels and no characters that look alike. */
const ALPHABET = "bcdfghjklmnpqrstvwxz2456789";
const LONGEST_PREFIX = 58;

/** Returns a hash of the pod template, 10 characters long. */
export function templateHash(template: Deployment["spec"]["template"]): string {
  return hashLetters(JSON.stringify(template), 10);
}

/** Returns the name of the ReplicaSet that Kubernetes would make for this hash. */
export function replicaSetName(deployment: Stored<Deployment>, hash: string): string {
  return `${deployment.metadata.name}-${hash}`;
}

/**
 * `hash`: of the current template. `seed`: unique for each Pod of this Deployment. `account`: the Pod's ServiceAccount.
 */
export function makePod(deployment: Stored<Deployment>, hash: string, seed: string, account?: ServiceAccount): Pod {
  const { metadata, spec } = deployment.spec.template;
  const secrets = pullSecretsOf(spec, account);
  const generateName = `${replicaSetName(deployment, hash)}-`;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: generateName.slice(0, LONGEST_PREFIX) + hashLetters(`${deployment.metadata.uid}/${seed}`, 5),
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

function hashLetters(text: string, count: number): string {
  const digest = md5Hex(text);
  let made = "";
  for (let index = 0; index < count; index++) {
    made += ALPHABET[Number.parseInt(digest.slice(index * 2, index * 2 + 2), 16) % ALPHABET.length];
  }
  return made;
}
