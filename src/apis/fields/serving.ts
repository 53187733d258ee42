// Defines the fields of the kinds that Knative's webhooks decode.
import type { Kind } from "../kinds.ts";
import { embed, field, kept, list, pointer, required, type StructType, struct } from "./field.ts";
import { kindStruct, metadata, objectReference } from "./meta.ts";
import { podSpec } from "./pod.ts";

export const revisionSpec = struct("RevisionSpec", {
  pod: embed(podSpec),
  containerConcurrency: field("*int64", {
    about: "The number of requests that an instance handles at the same time; 0: no limit.",
  }),
  timeoutSeconds: field("*int64", { about: "The longest duration of a request, in seconds." }),
  responseStartTimeoutSeconds: field("*int64", {
    about: "The longest time until the first byte of the response, in seconds.",
  }),
  idleTimeoutSeconds: field("*int64", { about: "The longest time without data in the response, in seconds." }),
});
export const revisionTemplate = struct("RevisionTemplateSpec", {
  metadata: { ...metadata, crd: ["annotations", "finalizers", "labels", "name", "namespace"] },
  spec: revisionSpec,
});
export const trafficTarget = struct("TrafficTarget", {
  tag: field("string", { about: "A name. The target gets its own URL with this name." }),
  revisionName: "string",
  configurationName: "string",
  latestRevision: "*bool",
  percent: field("*int64", { about: "The percentage of requests to this target, from 0 to 100." }),
  url: "*url",
});
const configurationSpec = struct("ConfigurationSpec", {
  template: kept(revisionTemplate, { about: "The template of new Revisions." }),
});
const routeSpec = struct("RouteSpec", {
  traffic: field(list(trafficTarget), { about: "The targets of the requests. Their percentages add up to 100." }),
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
  ref: required(kReference, { about: "The object that gets the requests of the domain." }),
  tls: pointer(struct("SecretTLS", { secretName: required("string") })),
});
const podAutoscalerSpec = struct("PodAutoscalerSpec", {
  containerConcurrency: "int64",
  scaleTargetRef: kept(objectReference),
  reachability: "string",
  protocolType: kept("string"),
});
const withSpec = (name: string, spec: StructType): StructType => kindStruct(name, { spec, status: "*any" });

export const knativeStructs: ReadonlyMap<Kind, StructType> = new Map<Kind, StructType>([
  ["Service.serving.knative.dev", withSpec("Service", serviceSpec)],
  ["Configuration.serving.knative.dev", withSpec("Configuration", configurationSpec)],
  ["Route.serving.knative.dev", withSpec("Route", routeSpec)],
  ["Revision.serving.knative.dev", withSpec("Revision", revisionSpec)],
  ["DomainMapping.serving.knative.dev", withSpec("DomainMapping", domainMappingSpec)],
  ["PodAutoscaler.autoscaling.internal.knative.dev", withSpec("PodAutoscaler", podAutoscalerSpec)],
]);
