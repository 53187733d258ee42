// Parses ConfigMap config-features: the feature gates. Source: pkg/apis/config/features.go.
import type { StringMap } from "../meta/object.ts";
import type { FeaturesConfig, Gate } from "./types.ts";

/** Gate → its state if config-features does not name it. */
export const GATES: Readonly<Record<string, Gate>> = {
  "multi-container": "Enabled",
  "multi-container-probing": "Disabled",
  "kubernetes.podspec-affinity": "Disabled",
  "kubernetes.podspec-topologyspreadconstraints": "Disabled",
  "kubernetes.podspec-fieldref": "Disabled",
  "kubernetes.podspec-hostaliases": "Disabled",
  "kubernetes.podspec-nodeselector": "Disabled",
  "kubernetes.podspec-runtimeclassname": "Disabled",
  "kubernetes.podspec-securitycontext": "Disabled",
  "kubernetes.podspec-shareprocessnamespace": "Disabled",
  "kubernetes.podspec-hostipc": "Disabled",
  "kubernetes.podspec-hostpid": "Disabled",
  "kubernetes.podspec-hostnetwork": "Disabled",
  "kubernetes.podspec-priorityclassname": "Disabled",
  "kubernetes.podspec-schedulername": "Disabled",
  "kubernetes.containerspec-addcapabilities": "Disabled",
  "kubernetes.podspec-tolerations": "Disabled",
  "kubernetes.podspec-volumes-emptydir": "Enabled",
  "kubernetes.podspec-volumes-hostpath": "Disabled",
  "kubernetes.podspec-volumes-mount-propagation": "Disabled",
  "kubernetes.podspec-volumes-csi": "Disabled",
  "kubernetes.podspec-volumes-ephemeral": "Disabled",
  "kubernetes.podspec-volumes-image": "Disabled",
  "kubernetes.podspec-init-containers": "Disabled",
  "kubernetes.podspec-persistent-volume-claim": "Disabled",
  "kubernetes.podspec-persistent-volume-write": "Disabled",
  "kubernetes.podspec-dnspolicy": "Disabled",
  "kubernetes.podspec-dnsconfig": "Disabled",
  "queueproxy.mount-podinfo": "Disabled",
  "queueproxy.resource-defaults": "Disabled",
  "tag-header-based-routing": "Disabled",
  "autodetect-http2": "Disabled",
};
const STATES: readonly Gate[] = ["Enabled", "Allowed", "Disabled"];
const POD_DEFAULTS: readonly FeaturesConfig["securePodDefaults"][] = ["Disabled", "AllowRootBounded", "Enabled"];

/** Returns the state of every gate. A gate with an unknown value keeps its default; knap reports no error for it. */
export function parseFeaturesConfig(data: StringMap): FeaturesConfig {
  const gates = Object.entries(GATES).map(([key, otherwise]) => [key, chosen(STATES, data[key]) ?? otherwise]);
  return {
    gates: Object.fromEntries(gates) as Readonly<Record<string, Gate>>,
    securePodDefaults: chosen(POD_DEFAULTS, data["secure-pod-defaults"]) ?? "Disabled",
  };
}

function chosen<T extends string>(choices: readonly T[], text: string | undefined): T | undefined {
  return choices.find((choice) => choice.toLowerCase() === text?.toLowerCase());
}
