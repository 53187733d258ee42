// Fields of the kinds that Knative's webhooks decode and default.
import type { Kind } from "../kinds.ts";
import { embed, field, kept, list, pointer, required, type StructType, struct } from "./field.ts";
import { kindStruct, metadata, objectReference } from "./meta.ts";
import { podSpec } from "./pod.ts";

export const revisionSpec = struct("RevisionSpec", {
  pod: embed(podSpec),
  containerConcurrency: field("*int64", { about: "How many requests one instance works on at once; 0 is no limit." }),
  timeoutSeconds: field("*int64", { about: "How long a request may take." }),
  responseStartTimeoutSeconds: field("*int64", { about: "How long a request may take to send its first byte." }),
  idleTimeoutSeconds: field("*int64", { about: "How long a request may be silent." }),
});
export const revisionTemplate = struct("RevisionTemplateSpec", {
  metadata: { ...metadata, crd: ["annotations", "finalizers", "labels", "name", "namespace"] },
  spec: revisionSpec,
});
const trafficTarget = struct("TrafficTarget", {
  tag: field("string", { about: "A name under which this target has its own address." }),
  revisionName: "string",
  configurationName: "string",
  latestRevision: "*bool",
  percent: field("*int64", { about: "The share of this target, from 0 to 100." }),
  url: "*url",
});
const configurationSpec = struct("ConfigurationSpec", {
  template: kept(revisionTemplate, { about: "What each new Revision looks like." }),
});
const routeSpec = struct("RouteSpec", {
  traffic: field(list(trafficTarget), { about: "Who gets which share of the requests; the shares add up to 100." }),
});
const serviceSpec = struct("ServiceSpec", { configuration: embed(configurationSpec), route: embed(routeSpec) });
const kReference = struct("KReference", {
  kind: required("string"),
  namespace: "string",
  name: required("string"),
  apiVersion: "string",
  group: "string",
  address: "*string",
});
const domainMappingSpec = struct("DomainMappingSpec", {
  ref: required(kReference, { about: "What the domain leads to." }),
  tls: pointer(struct("SecretTLS", { secretName: required("string") })),
});
const podAutoscalerSpec = struct("PodAutoscalerSpec", {
  containerConcurrency: "int64",
  scaleTargetRef: kept(objectReference),
  reachability: "string",
  protocolType: kept("string"),
});
/** The status is not checked. */
const withSpec = (name: string, spec: StructType): StructType => kindStruct(name, { spec, status: "*any" });

/** The structs of the kinds that Knative's webhooks decode. */
export const knativeStructs: ReadonlyMap<Kind, StructType> = new Map<Kind, StructType>([
  ["Service.serving.knative.dev", withSpec("Service", serviceSpec)],
  ["Configuration.serving.knative.dev", withSpec("Configuration", configurationSpec)],
  ["Route.serving.knative.dev", withSpec("Route", routeSpec)],
  ["Revision.serving.knative.dev", withSpec("Revision", revisionSpec)],
  ["DomainMapping.serving.knative.dev", withSpec("DomainMapping", domainMappingSpec)],
  ["PodAutoscaler.autoscaling.internal.knative.dev", withSpec("PodAutoscaler", podAutoscalerSpec)],
]);
