// Defines the fields of the statuses of Knative's kinds. The tables of built-in kinds contain their status.
import type { Kind } from "../kinds.ts";
import { builtinStructs } from "./core.ts";
import { embed, list, pointer, required, type StructType, struct } from "./field.ts";
import { trafficTarget } from "./serving.ts";

const condition = struct("Condition", {
  type: required("string"),
  status: required("string"),
  severity: "string",
  lastTransitionTime: "time",
  reason: "string",
  message: "string",
});
const common = struct("Status", {
  observedGeneration: "int64",
  conditions: list(condition),
  annotations: "map[string]string",
});
const statusOf = (kind: string, rows: Parameters<typeof struct>[1]): StructType =>
  struct(`${kind}Status`, { common: embed(common), ...rows });

const address = struct("Addressable", { name: "*string", url: "*url", CACerts: "*string", audience: "*string" });
const addressed = { url: "*url", address: pointer(address) } as const;
const configuration = embed(
  struct("ConfigurationStatusFields", { latestReadyRevisionName: "string", latestCreatedRevisionName: "string" }),
);
const route = embed(struct("RouteStatusFields", { ...addressed, traffic: list(trafficTarget) }));
const containerStatuses = list(struct("ContainerStatus", { name: "string", imageDigest: "string" }));
const loadBalancerIngress = struct("LoadBalancerIngressStatus", {
  ip: "string",
  domain: "string",
  domainInternal: "string",
  meshOnly: "bool",
});
const loadBalancer = pointer(struct("LoadBalancerStatus", { ingress: list(loadBalancerIngress) }));
const challenge = struct("HTTP01Challenge", {
  url: "*url",
  serviceName: "string",
  serviceNamespace: "string",
  servicePort: "intOrString",
});

const knativeStatuses: ReadonlyMap<Kind, StructType> = new Map<Kind, StructType>([
  ["Service.serving.knative.dev", statusOf("Service", { configuration, route })],
  ["Configuration.serving.knative.dev", statusOf("Configuration", { configuration })],
  ["Route.serving.knative.dev", statusOf("Route", { route })],
  [
    "Revision.serving.knative.dev",
    statusOf("Revision", {
      logUrl: "string",
      containerStatuses,
      initContainerStatuses: containerStatuses,
      actualReplicas: "*int32",
      desiredReplicas: "*int32",
    }),
  ],
  ["DomainMapping.serving.knative.dev", statusOf("DomainMapping", addressed)],
  [
    "PodAutoscaler.autoscaling.internal.knative.dev",
    statusOf("PodAutoscaler", {
      serviceName: "string",
      metricsServiceName: "string",
      desiredScale: "*int32",
      actualScale: "*int32",
    }),
  ],
  ["Metric.autoscaling.internal.knative.dev", statusOf("Metric", {})],
  [
    "ServerlessService.networking.internal.knative.dev",
    statusOf("ServerlessService", { serviceName: "string", privateServiceName: "string" }),
  ],
  [
    "Ingress.networking.internal.knative.dev",
    statusOf("Ingress", { publicLoadBalancer: loadBalancer, privateLoadBalancer: loadBalancer }),
  ],
  [
    "Certificate.networking.internal.knative.dev",
    statusOf("Certificate", { notAfter: "time", http01Challenges: list(challenge) }),
  ],
  ["ClusterDomainClaim.networking.internal.knative.dev", statusOf("ClusterDomainClaim", {})],
  ["Image.caching.internal.knative.dev", statusOf("Image", {})],
]);

/** Returns the struct of a kind's status; undefined if the kind has no status. */
export function statusStruct(kind: Kind): StructType | undefined {
  const type = knativeStatuses.get(kind) ?? builtinStructs.get(kind)?.byName.get("status")?.type;
  return typeof type === "object" && "struct" in type ? type : undefined;
}
