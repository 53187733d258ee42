// What the fields of Kubernetes' protobuf messages mean: number → JSON name and type, for the built-in kinds that clients write to knap (k8s.io/api and
// k8s.io/apimachinery, generated.proto). Numbers and names are the wire's; nothing here reads bytes.

export type Scalar =
  | "text"
  | "bytes"
  | "number"
  | "flag"
  | "time"
  | "microTime"
  | "quantity"
  | "intOrString"
  | "fields";
export interface Field {
  readonly name: string;
  readonly type: Scalar | Message;
  readonly shape: "one" | "list" | "map";
  /** Go writes what is empty, too: only where it is a pointer does empty mean something. */
  readonly emptyCounts: boolean;
}
export type Message = Readonly<Record<number, Field>>;

type Type = Field["type"];
const one = (name: string, type: Type = "text"): Field => ({ name, type, shape: "one", emptyCounts: false });
const pointer = (name: string, type: Type = "text"): Field => ({ name, type, shape: "one", emptyCounts: true });
const list = (name: string, type: Type = "text"): Field => ({ name, type, shape: "list", emptyCounts: true });
const map = (name: string, type: Type = "text"): Field => ({ name, type, shape: "map", emptyCounts: true });

const ownerReference: Message = {
  1: one("kind"),
  3: one("name"),
  4: one("uid"),
  5: one("apiVersion"),
  6: pointer("controller", "flag"),
  7: pointer("blockOwnerDeletion", "flag"),
};
const managedFields: Message = {
  1: one("manager"),
  2: one("operation"),
  3: one("apiVersion"),
  4: one("time", "time"),
  6: one("fieldsType"),
  7: one("fieldsV1", "fields"),
  8: one("subresource"),
};
const metadata = one("metadata", {
  1: one("name"),
  2: one("generateName"),
  3: one("namespace"),
  5: one("uid"),
  6: one("resourceVersion"),
  7: one("generation", "number"),
  8: one("creationTimestamp", "time"),
  9: one("deletionTimestamp", "time"),
  10: pointer("deletionGracePeriodSeconds", "number"),
  11: map("labels"),
  12: map("annotations"),
  13: list("ownerReferences", ownerReference),
  14: list("finalizers"),
  17: list("managedFields", managedFields),
});
const condition: Message = {
  1: one("type"),
  2: one("status"),
  3: one("observedGeneration", "number"),
  4: one("lastTransitionTime", "time"),
  5: one("reason"),
  6: one("message"),
};
const objectReference: Message = {
  1: one("kind"),
  2: one("namespace"),
  3: one("name"),
  4: one("uid"),
  5: one("apiVersion"),
  6: one("resourceVersion"),
  7: one("fieldPath"),
};
const requirement: Message = { 1: one("key"), 2: one("operator"), 3: list("values") };
const labelSelector: Message = { 1: map("matchLabels"), 2: list("matchExpressions", requirement) };

const namespaceCondition: Message = {
  1: one("type"),
  2: one("status"),
  4: one("lastTransitionTime", "time"),
  5: one("reason"),
  6: one("message"),
};

const servicePort: Message = {
  1: one("name"),
  2: one("protocol"),
  3: one("port", "number"),
  4: one("targetPort", "intOrString"),
  5: one("nodePort", "number"),
  6: pointer("appProtocol"),
};
const serviceSpec: Message = {
  1: list("ports", servicePort),
  2: map("selector"),
  3: one("clusterIP"),
  4: one("type"),
  5: list("externalIPs"),
  7: one("sessionAffinity"),
  8: one("loadBalancerIP"),
  9: list("loadBalancerSourceRanges"),
  10: one("externalName"),
  11: one("externalTrafficPolicy"),
  12: one("healthCheckNodePort", "number"),
  13: one("publishNotReadyAddresses", "flag"),
  14: pointer("sessionAffinityConfig", { 1: pointer("clientIP", { 1: pointer("timeoutSeconds", "number") }) }),
  17: pointer("ipFamilyPolicy"),
  18: list("clusterIPs"),
  19: list("ipFamilies"),
  20: pointer("allocateLoadBalancerNodePorts", "flag"),
  21: pointer("loadBalancerClass"),
  22: pointer("internalTrafficPolicy"),
  23: pointer("trafficDistribution"),
};
const portStatus: Message = { 1: one("port", "number"), 2: one("protocol"), 3: pointer("error") };
const loadBalancerIngress: Message = {
  1: one("ip"),
  2: one("hostname"),
  3: pointer("ipMode"),
  4: list("ports", portStatus),
};
const serviceStatus: Message = {
  1: one("loadBalancer", { 1: list("ingress", loadBalancerIngress) }),
  2: list("conditions", condition),
};

const endpointAddress: Message = {
  1: one("ip"),
  2: pointer("targetRef", objectReference),
  3: one("hostname"),
  4: pointer("nodeName"),
};
const endpointPort: Message = {
  1: one("name"),
  2: one("port", "number"),
  3: one("protocol"),
  4: pointer("appProtocol"),
};
const endpointSubset: Message = {
  1: list("addresses", endpointAddress),
  2: list("notReadyAddresses", endpointAddress),
  3: list("ports", endpointPort),
};

const scopeRequirement: Message = { 1: one("scopeName"), 2: one("operator"), 3: list("values") };
const quotaSpec: Message = {
  1: map("hard", "quantity"),
  2: list("scopes"),
  3: pointer("scopeSelector", { 1: list("matchExpressions", scopeRequirement) }),
};

const claimSpec: Message = {
  1: list("accessModes"),
  2: one("resources", { 1: map("limits", "quantity"), 2: map("requests", "quantity") }),
  3: one("volumeName"),
  4: pointer("selector", labelSelector),
  5: pointer("storageClassName"),
  6: pointer("volumeMode"),
  7: pointer("dataSource", { 1: pointer("apiGroup"), 2: one("kind"), 3: one("name") }),
  8: pointer("dataSourceRef", { 1: pointer("apiGroup"), 2: one("kind"), 3: one("name"), 4: pointer("namespace") }),
  9: pointer("volumeAttributesClassName"),
};
const claimCondition: Message = {
  1: one("type"),
  2: one("status"),
  3: one("lastProbeTime", "time"),
  4: one("lastTransitionTime", "time"),
  5: one("reason"),
  6: one("message"),
};
const claimStatus: Message = {
  1: one("phase"),
  2: list("accessModes"),
  3: map("capacity", "quantity"),
  4: list("conditions", claimCondition),
  5: map("allocatedResources", "quantity"),
  7: map("allocatedResourceStatuses"),
  8: pointer("currentVolumeAttributesClassName"),
  9: pointer("modifyVolumeStatus", { 1: one("targetVolumeAttributesClassName"), 2: one("status") }),
};

const event: Message = {
  1: metadata,
  2: one("involvedObject", objectReference),
  3: one("reason"),
  4: one("message"),
  5: one("source", { 1: one("component"), 2: one("host") }),
  6: one("firstTimestamp", "time"),
  7: one("lastTimestamp", "time"),
  8: one("count", "number"),
  9: one("type"),
  10: one("eventTime", "microTime"),
  11: pointer("series", { 1: one("count", "number"), 2: one("lastObservedTime", "microTime") }),
  12: one("action"),
  13: pointer("related", objectReference),
  14: one("reportingComponent"),
  15: one("reportingInstance"),
};

const deleteOptions: Message = {
  1: pointer("gracePeriodSeconds", "number"),
  2: pointer("preconditions", { 1: pointer("uid"), 2: pointer("resourceVersion") }),
  3: pointer("orphanDependents", "flag"),
  4: pointer("propagationPolicy"),
  5: list("dryRun"),
};

/** By the kind that the body names. Pods, Deployments and Nodes are not there: planners and the node write them. */
export const messages: ReadonlyMap<string, Message> = new Map<string, Message>([
  ["ConfigMap", { 1: metadata, 2: map("data"), 3: map("binaryData", "bytes"), 4: pointer("immutable", "flag") }],
  [
    "Secret",
    {
      1: metadata,
      2: map("data", "bytes"),
      3: one("type"),
      4: map("stringData"),
      5: pointer("immutable", "flag"),
    },
  ],
  [
    "Namespace",
    {
      1: metadata,
      2: one("spec", { 1: list("finalizers") }),
      3: one("status", { 1: one("phase"), 2: list("conditions", namespaceCondition) }),
    },
  ],
  [
    "ServiceAccount",
    {
      1: metadata,
      2: list("secrets", objectReference),
      3: list("imagePullSecrets", { 1: one("name") }),
      4: pointer("automountServiceAccountToken", "flag"),
    },
  ],
  ["Service", { 1: metadata, 2: one("spec", serviceSpec), 3: one("status", serviceStatus) }],
  ["Endpoints", { 1: metadata, 2: list("subsets", endpointSubset) }],
  [
    "ResourceQuota",
    {
      1: metadata,
      2: one("spec", quotaSpec),
      3: one("status", { 1: map("hard", "quantity"), 2: map("used", "quantity") }),
    },
  ],
  ["PersistentVolumeClaim", { 1: metadata, 2: one("spec", claimSpec), 3: one("status", claimStatus) }],
  ["Event", event],
  ["DeleteOptions", deleteOptions],
]);
