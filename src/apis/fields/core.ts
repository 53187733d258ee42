// Defines the fields of the built-in kinds (core/v1, apps/v1) and of DeleteOptions. Pods, Deployments and Nodes have no
// protobuf numbers, because knap does not accept them as protobuf.
import type { Kind } from "../kinds.ts";
import { dataStructs, namespace } from "./data.ts";
import { field, list, numbered, pointer, type StructType, struct } from "./field.ts";
import { kindStruct, labelSelector, localObjectReference, metadata, objectReference } from "./meta.ts";
import { podSpec } from "./pod.ts";
import { claimSpec } from "./volume.ts";

const condition = struct("Condition", {
  type: numbered(1, "string"),
  status: numbered(2, "string"),
  observedGeneration: numbered(3, "int64"),
  lastTransitionTime: numbered(4, "time"),
  reason: numbered(5, "string"),
  message: numbered(6, "string"),
});
const conditions = field(list(condition), { mergeKey: "type" });

const servicePort = struct("ServicePort", {
  name: numbered(1, "string"),
  protocol: numbered(2, "string", { default: "TCP" }),
  appProtocol: numbered(6, "*string"),
  port: numbered(3, "int32"),
  targetPort: numbered(4, "intOrString"),
  nodePort: numbered(5, "int32"),
});
const clientIpConfig = struct("ClientIPConfig", { timeoutSeconds: numbered(1, "*int32") });
const sessionAffinityConfig = struct("SessionAffinityConfig", { clientIP: numbered(1, pointer(clientIpConfig)) });
const serviceSpec = struct("ServiceSpec", {
  ports: numbered(1, list(servicePort), { mergeKey: "port", mapKeys: ["port", "protocol"] }),
  selector: numbered(2, "map[string]string", { atomic: true }),
  clusterIP: numbered(3, "string"),
  clusterIPs: numbered(18, "[]string"),
  type: numbered(4, "string"),
  externalIPs: numbered(5, "[]string"),
  sessionAffinity: numbered(7, "string"),
  loadBalancerIP: numbered(8, "string"),
  loadBalancerSourceRanges: numbered(9, "[]string"),
  externalName: numbered(10, "string"),
  externalTrafficPolicy: numbered(11, "string"),
  healthCheckNodePort: numbered(12, "int32"),
  publishNotReadyAddresses: numbered(13, "bool"),
  sessionAffinityConfig: numbered(14, pointer(sessionAffinityConfig)),
  ipFamilies: numbered(19, "[]string"),
  ipFamilyPolicy: numbered(17, "*string"),
  allocateLoadBalancerNodePorts: numbered(20, "*bool"),
  loadBalancerClass: numbered(21, "*string"),
  internalTrafficPolicy: numbered(22, "*string"),
  trafficDistribution: numbered(23, "*string"),
});
const portStatus = struct("PortStatus", {
  port: numbered(1, "int32"),
  protocol: numbered(2, "string"),
  error: numbered(3, "*string"),
});
const loadBalancerIngress = struct("LoadBalancerIngress", {
  ip: numbered(1, "string"),
  hostname: numbered(2, "string"),
  ipMode: numbered(3, "*string"),
  ports: numbered(4, list(portStatus)),
});
const loadBalancerStatus = struct("LoadBalancerStatus", { ingress: numbered(1, list(loadBalancerIngress)) });
const serviceStatus = struct("ServiceStatus", {
  loadBalancer: numbered(1, loadBalancerStatus),
  conditions: numbered(2, list(condition), { mergeKey: "type" }),
});

const endpointAddress = struct(
  "EndpointAddress",
  {
    ip: numbered(1, "string"),
    hostname: numbered(3, "string"),
    nodeName: numbered(4, "*string"),
    targetRef: numbered(2, pointer(objectReference)),
  },
  { atomic: true },
);
const endpointPort = struct(
  "EndpointPort",
  {
    name: numbered(1, "string"),
    port: numbered(2, "int32"),
    protocol: numbered(3, "string"),
    appProtocol: numbered(4, "*string"),
  },
  { atomic: true },
);
const endpointSubset = struct("EndpointSubset", {
  addresses: numbered(1, list(endpointAddress)),
  notReadyAddresses: numbered(2, list(endpointAddress)),
  ports: numbered(3, list(endpointPort)),
});

const scopeRequirement = struct("ScopedResourceSelectorRequirement", {
  scopeName: numbered(1, "string"),
  operator: numbered(2, "string"),
  values: numbered(3, "[]string"),
});
const scopeSelector = struct(
  "ScopeSelector",
  { matchExpressions: numbered(1, list(scopeRequirement)) },
  { atomic: true },
);
const quotaSpec = struct("ResourceQuotaSpec", {
  hard: numbered(1, "map[string]quantity"),
  scopes: numbered(2, "[]string"),
  scopeSelector: numbered(3, pointer(scopeSelector)),
});
const quotaStatus = struct("ResourceQuotaStatus", {
  hard: numbered(1, "map[string]quantity"),
  used: numbered(2, "map[string]quantity"),
});

const claimCondition = struct("PersistentVolumeClaimCondition", {
  type: numbered(1, "string"),
  status: numbered(2, "string"),
  lastProbeTime: numbered(3, "time"),
  lastTransitionTime: numbered(4, "time"),
  reason: numbered(5, "string"),
  message: numbered(6, "string"),
});
const modifyVolumeStatus = struct("ModifyVolumeStatus", {
  targetVolumeAttributesClassName: numbered(1, "string"),
  status: numbered(2, "string"),
});
const claimStatus = struct("PersistentVolumeClaimStatus", {
  phase: numbered(1, "string"),
  accessModes: numbered(2, "[]string"),
  capacity: numbered(3, "map[string]quantity"),
  conditions: numbered(4, list(claimCondition), { mergeKey: "type" }),
  allocatedResources: numbered(5, "map[string]quantity"),
  allocatedResourceStatuses: numbered(7, "map[string]string"),
  currentVolumeAttributesClassName: numbered(8, "*string"),
  modifyVolumeStatus: numbered(9, pointer(modifyVolumeStatus)),
});

export const eventSource = struct("EventSource", { component: numbered(1, "string"), host: numbered(2, "string") });
export const eventSeries = struct("EventSeries", {
  count: numbered(1, "int32"),
  lastObservedTime: numbered(2, "microTime"),
});

const containerState = struct("ContainerState", {
  waiting: pointer(struct("ContainerStateWaiting", { reason: "string", message: "string" })),
  running: pointer(struct("ContainerStateRunning", { startedAt: "time" })),
  terminated: pointer(
    struct("ContainerStateTerminated", {
      exitCode: "int32",
      signal: "int32",
      reason: "string",
      message: "string",
      startedAt: "time",
      finishedAt: "time",
      containerID: "string",
    }),
  ),
});
const containerStatuses = list(
  struct("ContainerStatus", {
    name: "string",
    state: containerState,
    lastState: containerState,
    ready: "bool",
    restartCount: "int32",
    image: "string",
    imageID: "string",
    containerID: "string",
    started: "*bool",
  }),
);
const podIps = list(struct("PodIP", { ip: "string" }));
const podStatus = struct("PodStatus", {
  observedGeneration: "int64",
  phase: "string",
  conditions,
  message: "string",
  reason: "string",
  nominatedNodeName: "string",
  hostIP: "string",
  hostIPs: field(podIps, { mergeKey: "ip", atomic: true }),
  podIP: "string",
  podIPs: field(podIps, { mergeKey: "ip" }),
  startTime: "time",
  initContainerStatuses: containerStatuses,
  containerStatuses,
  qosClass: "string",
  ephemeralContainerStatuses: containerStatuses,
});
const deploymentStatus = struct("DeploymentStatus", {
  observedGeneration: "int64",
  replicas: "int32",
  updatedReplicas: "int32",
  readyReplicas: "int32",
  availableReplicas: "int32",
  unavailableReplicas: "int32",
  conditions,
  collisionCount: "*int32",
});
export const podTemplate = struct("PodTemplateSpec", { metadata, spec: podSpec });
const deploymentSpec = struct("DeploymentSpec", {
  replicas: "*int32",
  selector: pointer(labelSelector),
  template: podTemplate,
  strategy: "any",
  minReadySeconds: "int32",
  revisionHistoryLimit: "*int32",
  paused: "bool",
  progressDeadlineSeconds: "*int32",
});
const nodeSpec = struct("NodeSpec", { podCIDR: "string", podCIDRs: field("[]string", { set: true }) });
const nodeAddress = struct("NodeAddress", { type: "string", address: "string" });
const nodeStatus = struct("NodeStatus", {
  capacity: "map[string]quantity",
  allocatable: "map[string]quantity",
  phase: "string",
  conditions,
  addresses: field(list(nodeAddress), { mergeKey: "type" }),
});

const leaseSpec = struct("LeaseSpec", {
  holderIdentity: numbered(1, "*string"),
  leaseDurationSeconds: numbered(2, "*int32"),
  acquireTime: numbered(3, "microTime"),
  renewTime: numbered(4, "microTime"),
  leaseTransitions: numbered(5, "*int32"),
  strategy: numbered(6, "*string"),
  preferredHolder: numbered(7, "*string"),
});

/** The structs of all built-in kinds. */
export const builtinStructs: ReadonlyMap<Kind, StructType> = new Map<Kind, StructType>([
  ...dataStructs,
  ["Namespace", namespace],
  ["Deployment.apps", kindStruct("Deployment", { spec: deploymentSpec, status: deploymentStatus })],
  ["Pod", kindStruct("Pod", { spec: podSpec, status: podStatus })],
  ["Node", kindStruct("Node", { spec: nodeSpec, status: nodeStatus })],
  ["Service", kindStruct("Service", { spec: numbered(2, serviceSpec), status: numbered(3, serviceStatus) })],
  ["Endpoints", kindStruct("Endpoints", { subsets: numbered(2, list(endpointSubset)) })],
  [
    "ServiceAccount",
    kindStruct("ServiceAccount", {
      secrets: numbered(2, list(objectReference), { mergeKey: "name" }),
      imagePullSecrets: numbered(3, list(localObjectReference)),
      automountServiceAccountToken: numbered(4, "*bool"),
    }),
  ],
  ["ResourceQuota", kindStruct("ResourceQuota", { spec: numbered(2, quotaSpec), status: numbered(3, quotaStatus) })],
  [
    "PersistentVolumeClaim",
    kindStruct("PersistentVolumeClaim", { spec: numbered(2, claimSpec), status: numbered(3, claimStatus) }),
  ],
  ["Lease.coordination.k8s.io", kindStruct("Lease", { spec: numbered(2, leaseSpec) })],
  [
    "Event",
    kindStruct("Event", {
      involvedObject: numbered(2, objectReference),
      reason: numbered(3, "string"),
      message: numbered(4, "string"),
      source: numbered(5, eventSource),
      firstTimestamp: numbered(6, "time"),
      lastTimestamp: numbered(7, "time"),
      count: numbered(8, "int32"),
      type: numbered(9, "string"),
      eventTime: numbered(10, "microTime"),
      series: numbered(11, pointer(eventSeries)),
      action: numbered(12, "string"),
      related: numbered(13, pointer(objectReference)),
      reportingComponent: numbered(14, "string"),
      reportingInstance: numbered(15, "string"),
    }),
  ],
]);

const preconditions = struct("Preconditions", {
  uid: numbered(1, "*string"),
  resourceVersion: numbered(2, "*string"),
});
export const deleteOptions = struct("DeleteOptions", {
  gracePeriodSeconds: numbered(1, "*int64"),
  preconditions: numbered(2, pointer(preconditions)),
  orphanDependents: numbered(3, "*bool"),
  propagationPolicy: numbered(4, "*string"),
  dryRun: numbered(5, "[]string"),
});
