// What a ServiceAccount means to Pods: which one is theirs, and which pull secrets they have from it (plugin/pkg/admission/serviceaccount of Kubernetes). Pure.
import type { PodSpec } from "./pod-spec.ts";
import type { ServiceAccount } from "./types.ts";

/** The account of Pods that name none. */
export const DEFAULT_ACCOUNT = "default";

/** The Pod's own pull secrets; where it names none its account's. `account`: undefined when nobody made it. */
export function pullSecretsOf(
  { imagePullSecrets = [] }: Pick<PodSpec, "imagePullSecrets">,
  account: ServiceAccount | undefined,
): NonNullable<PodSpec["imagePullSecrets"]> {
  return imagePullSecrets.length > 0 ? imagePullSecrets : (account?.imagePullSecrets ?? []);
}
