// Go's serving kinds, as the webhooks decode them. Statuses are left as they come.
import type { Kind } from "../kinds.ts";
import { embed, type GoStruct, keep, list, map, ptr, struct } from "./go-type.ts";
import { objectMeta } from "./meta-types.ts";
import { podSpec } from "./pod-types.ts";

export const revisionSpec = struct("RevisionSpec", {
  pod: embed(podSpec),
  containerConcurrency: ptr("int64"),
  timeoutSeconds: ptr("int64"),
  responseStartTimeoutSeconds: ptr("int64"),
  idleTimeoutSeconds: ptr("int64"),
});
export const revisionTemplate = struct("RevisionTemplateSpec", { metadata: objectMeta, spec: revisionSpec });
const trafficTarget = struct("TrafficTarget", {
  tag: "string",
  revisionName: "string",
  configurationName: "string",
  latestRevision: ptr("bool"),
  percent: ptr("int64"),
  url: ptr("url"),
});
const configurationSpec = struct("ConfigurationSpec", { template: keep(revisionTemplate) });
const routeSpec = struct("RouteSpec", { traffic: list(trafficTarget) });

const object = (name: string, spec: GoStruct): GoStruct =>
  struct(name, { kind: "string", apiVersion: "string", metadata: objectMeta, spec, status: ptr("any") });

const domainMappingSpec = struct("DomainMappingSpec", {
  ref: keep(
    struct("KReference", {
      kind: keep("string"),
      namespace: "string",
      name: keep("string"),
      apiVersion: "string",
      group: "string",
      address: ptr("string"),
    }),
  ),
  tls: ptr(struct("SecretTLS", { secretName: keep("string") })),
});
const podAutoscalerSpec = struct("PodAutoscalerSpec", {
  containerConcurrency: "int64",
  scaleTargetRef: keep(
    struct("ObjectReference", {
      kind: "string",
      namespace: "string",
      name: "string",
      uid: "string",
      apiVersion: "string",
      resourceVersion: "string",
      fieldPath: "string",
    }),
  ),
  reachability: "string",
  protocolType: keep("string"),
});

/** The Go type of a kind that Knative's webhooks decode and change; undefined for the others. */
export const goTypes: ReadonlyMap<Kind, GoStruct> = new Map<Kind, GoStruct>([
  [
    "Service.serving.knative.dev",
    object("Service", struct("ServiceSpec", { configuration: embed(configurationSpec), route: embed(routeSpec) })),
  ],
  ["Configuration.serving.knative.dev", object("Configuration", configurationSpec)],
  ["Route.serving.knative.dev", object("Route", routeSpec)],
  ["Revision.serving.knative.dev", object("Revision", revisionSpec)],
  ["DomainMapping.serving.knative.dev", object("DomainMapping", domainMappingSpec)],
  ["PodAutoscaler.autoscaling.internal.knative.dev", object("PodAutoscaler", podAutoscalerSpec)],
]);

/** Go's ConfigMap and Secret, whose values must be texts. */
export const dataTypes: ReadonlyMap<Kind, GoStruct> = new Map<Kind, GoStruct>([
  [
    "ConfigMap",
    struct("ConfigMap", {
      kind: "string",
      apiVersion: "string",
      metadata: objectMeta,
      immutable: ptr("bool"),
      data: map("string"),
      binaryData: map("string"),
    }),
  ],
  [
    "Secret",
    struct("Secret", {
      kind: "string",
      apiVersion: "string",
      metadata: objectMeta,
      immutable: ptr("bool"),
      data: map("string"),
      stringData: map("string"),
      type: "string",
    }),
  ],
]);
