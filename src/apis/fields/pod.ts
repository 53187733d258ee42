// Defines the fields of a Pod's spec (core/v1).
import { appArmorProfile, container, seccompProfile, seLinuxOptions, windowsOptions } from "./container.ts";
import { embed, field, kept, list, notInCrd, pointer, required, struct } from "./field.ts";
import { labelSelector, localObjectReference, resourceRequirements } from "./meta.ts";
import { volume } from "./volume.ts";

const podSecurityContext = struct(
  "PodSecurityContext",
  {
    seLinuxOptions: pointer(seLinuxOptions),
    windowsOptions: pointer(windowsOptions),
    runAsUser: "*int64",
    runAsGroup: "*int64",
    runAsNonRoot: "*bool",
    supplementalGroups: "[]int64",
    supplementalGroupsPolicy: "*string",
    fsGroup: "*int64",
    sysctls: list(struct("Sysctl", { name: kept("string"), value: kept("string") })),
    fsGroupChangePolicy: "*string",
    seccompProfile: pointer(seccompProfile),
    appArmorProfile: pointer(appArmorProfile),
    seLinuxChangePolicy: "*string",
  },
  {
    printed: (
      "seLinuxOptions runAsUser runAsNonRoot supplementalGroups fsGroup runAsGroup sysctls windowsOptions " +
      "fsGroupChangePolicy seccompProfile appArmorProfile supplementalGroupsPolicy seLinuxChangePolicy"
    ).split(" "),
  },
);
const toleration = struct("Toleration", {
  key: "string",
  operator: "string",
  value: "string",
  effect: "string",
  tolerationSeconds: "*int64",
});
const spreadConstraint = struct("TopologySpreadConstraint", {
  maxSkew: kept("int32"),
  topologyKey: kept("string"),
  whenUnsatisfiable: kept("string"),
  labelSelector: pointer(labelSelector),
  minDomains: "*int32",
  nodeAffinityPolicy: "*string",
  nodeTaintsPolicy: "*string",
  matchLabelKeys: "[]string",
});
const dnsOption = struct("PodDNSConfigOption", { name: "string", value: "*string" });
const dnsConfig = struct("PodDNSConfig", { nameservers: "[]string", searches: "[]string", options: list(dnsOption) });
const ephemeralContainer = struct("EphemeralContainer", {
  common: embed({ ...container, struct: "EphemeralContainerCommon" }),
  targetContainerName: "string",
});
const hostAlias = struct("HostAlias", { ip: kept("string"), hostnames: "[]string" });
const resourceClaim = struct("PodResourceClaim", {
  name: kept("string"),
  resourceClaimName: "*string",
  resourceClaimTemplateName: "*string",
});
const workload = struct("WorkloadReference", {
  name: kept("string"),
  podGroup: kept("string"),
  podGroupReplicaKey: "string",
});

export const podSpec = struct("PodSpec", {
  volumes: field(list(volume), { mergeKey: "name" }),
  initContainers: field(list(container), { mergeKey: "name", crd: "free" }),
  containers: required(list(container), {
    about: "The containers. One of them receives the requests.",
    mergeKey: "name",
    crd: "unkeyed",
  }),
  ephemeralContainers: notInCrd(list(ephemeralContainer), { mergeKey: "name" }),
  restartPolicy: notInCrd("string"),
  terminationGracePeriodSeconds: notInCrd("*int64"),
  activeDeadlineSeconds: notInCrd("*int64"),
  dnsPolicy: "string",
  nodeSelector: field("map[string]string", { atomic: true }),
  serviceAccountName: "string",
  serviceAccount: notInCrd("string", { go: "DeprecatedServiceAccount" }),
  automountServiceAccountToken: "*bool",
  nodeName: notInCrd("string"),
  hostNetwork: "bool",
  hostPID: "bool",
  hostIPC: "bool",
  shareProcessNamespace: "*bool",
  securityContext: field(pointer(podSecurityContext), { crd: "free" }),
  imagePullSecrets: field(list(localObjectReference), { mergeKey: "name" }),
  hostname: notInCrd("string"),
  subdomain: notInCrd("string"),
  affinity: "*any",
  schedulerName: "string",
  tolerations: field(list(toleration), { crd: "free" }),
  hostAliases: field(list(hostAlias), { mergeKey: "ip", crd: "free" }),
  priorityClassName: "string",
  priority: notInCrd("*int32"),
  dnsConfig: field(pointer(dnsConfig), { crd: "free" }),
  readinessGates: notInCrd(list(struct("PodReadinessGate", { conditionType: kept("string") }))),
  runtimeClassName: "*string",
  enableServiceLinks: "*bool",
  preemptionPolicy: notInCrd("*string"),
  overhead: notInCrd("map[string]quantity"),
  topologySpreadConstraints: field(list(spreadConstraint), {
    mergeKey: "topologyKey",
    mapKeys: ["topologyKey", "whenUnsatisfiable"],
    crd: "free",
  }),
  setHostnameAsFQDN: notInCrd("*bool"),
  os: notInCrd(pointer(struct("PodOS", { name: kept("string") }))),
  hostUsers: notInCrd("*bool"),
  schedulingGates: notInCrd(list(struct("PodSchedulingGate", { name: kept("string") })), { mergeKey: "name" }),
  resourceClaims: notInCrd(list(resourceClaim), { mergeKey: "name" }),
  resources: notInCrd(pointer(resourceRequirements)),
  hostnameOverride: notInCrd("*string"),
  workloadRef: notInCrd(pointer(workload)),
});
