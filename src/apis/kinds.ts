// Defines all kinds: their types, and the resource table for discovery, kubectl's short names and the store.

import type { HorizontalPodAutoscaler, Metric, PodAutoscaler } from "./autoscaling/types.ts";
import type { CustomResourceDefinition, EndpointSlice, EventV1, ReplicaSet, Review } from "./core/derived-types.ts";
import type {
  ConfigMap,
  CoreService,
  Deployment,
  Endpoints,
  Event,
  Lease,
  Namespace,
  Node,
  PersistentVolumeClaim,
  Pod,
  ResourceQuota,
  Secret,
  ServiceAccount,
} from "./core/types.ts";
import type { AnyObject, Stored } from "./meta/object.ts";
import type { Certificate, ClusterDomainClaim, Image, Ingress, ServerlessService } from "./networking/types.ts";
import type { Configuration, DomainMapping, Revision, Route, Service } from "./serving/types.ts";

/** Every kind, keyed as Kubernetes writes a group-kind: `Kind` of the core group, else `Kind.group`. */
export interface Kinds {
  "Service.serving.knative.dev": Service;
  "Configuration.serving.knative.dev": Configuration;
  "Revision.serving.knative.dev": Revision;
  "Route.serving.knative.dev": Route;
  "DomainMapping.serving.knative.dev": DomainMapping;
  "PodAutoscaler.autoscaling.internal.knative.dev": PodAutoscaler;
  "Metric.autoscaling.internal.knative.dev": Metric;
  "ServerlessService.networking.internal.knative.dev": ServerlessService;
  "Ingress.networking.internal.knative.dev": Ingress;
  "Certificate.networking.internal.knative.dev": Certificate;
  "ClusterDomainClaim.networking.internal.knative.dev": ClusterDomainClaim;
  "Image.caching.internal.knative.dev": Image;
  "Deployment.apps": Deployment;
  Pod: Pod;
  Service: CoreService;
  Endpoints: Endpoints;
  ConfigMap: ConfigMap;
  Secret: Secret;
  Namespace: Namespace;
  Node: Node;
  ServiceAccount: ServiceAccount;
  ResourceQuota: ResourceQuota;
  PersistentVolumeClaim: PersistentVolumeClaim;
  Event: Event;
  "Lease.coordination.k8s.io": Lease;
  "HorizontalPodAutoscaler.autoscaling": HorizontalPodAutoscaler;
  "EndpointSlice.discovery.k8s.io": EndpointSlice;
  "ReplicaSet.apps": ReplicaSet;
  "Event.events.k8s.io": EventV1;
  "CustomResourceDefinition.apiextensions.k8s.io": CustomResourceDefinition;
  "SelfSubjectAccessReview.authorization.k8s.io": Review;
  "SubjectAccessReview.authorization.k8s.io": Review;
  "LocalSubjectAccessReview.authorization.k8s.io": Review;
  "SelfSubjectRulesReview.authorization.k8s.io": Review;
  "SelfSubjectReview.authentication.k8s.io": Review;
}
export type Kind = keyof Kinds;
/** The stored object of each kind: what the store, clients and watch events give. */
type StoredKinds = { readonly [K in Kind]: Stored<Kinds[K]> };
export type ObjectOf<K extends Kind> = StoredKinds[K];
export type StatusOf<K extends Kind> = NonNullable<Kinds[K] extends { readonly status?: infer S } ? S : never>;

/** Returns the group-kind of an object, from its apiVersion and kind. Does not check that knap knows the kind. */
export function kindOf(object: Pick<AnyObject, "apiVersion" | "kind">): Kind {
  const known = byVersion.get(object.apiVersion)?.get(object.kind);
  if (known) return known;
  const slash = object.apiVersion.indexOf("/");
  return (slash < 0 ? object.kind : `${object.kind}.${object.apiVersion.slice(0, slash)}`) as Kind;
}

/** One row of discovery. */
export interface Resource {
  readonly kind: Kind;
  readonly group: string;
  readonly version: string;
  readonly name: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly statusSubresource: boolean;
  /** What clients may do. `review`: only POST, whose answer is not stored. */
  readonly access: "readWrite" | "readOnly" | "review";
}

const SERVING = ["all", "knative", "serving"];
const row = (
  kind: Kind,
  apiVersion: string,
  plural: string,
  shortNames: readonly string[],
  categories: readonly string[],
  scope: "namespaced" | "cluster" = "namespaced",
  statusSubresource = true,
): Resource => {
  const slash = apiVersion.indexOf("/");
  const name = kind.split(".")[0] as string;
  return {
    kind,
    group: slash < 0 ? "" : apiVersion.slice(0, slash),
    version: apiVersion.slice(slash + 1),
    name,
    plural,
    singular: name.toLowerCase(),
    shortNames,
    categories,
    namespaced: scope === "namespaced",
    statusSubresource,
    access: "readWrite",
  };
};
const readOnly = (...facts: Parameters<typeof row>): Resource => ({ ...row(...facts), access: "readOnly" });
const review = (kind: Kind, apiVersion: string, plural: string, scope: "namespaced" | "cluster"): Resource => ({
  ...row(kind, apiVersion, plural, [], [], scope, false),
  access: "review",
});
const INTERNAL_SCALING = ["knative-internal", "autoscaling"];
const INTERNAL_NETWORKING = ["knative-internal", "networking"];

/** All stored resources, in discovery order (config/core/300-resources of Knative; core ones as in Kubernetes). */
export const resources: readonly Resource[] = [
  row("Service.serving.knative.dev", "serving.knative.dev/v1", "services", ["kservice", "ksvc"], SERVING),
  row("Configuration.serving.knative.dev", "serving.knative.dev/v1", "configurations", ["config", "cfg"], SERVING),
  row("Route.serving.knative.dev", "serving.knative.dev/v1", "routes", ["rt"], SERVING),
  row("Revision.serving.knative.dev", "serving.knative.dev/v1", "revisions", ["rev"], SERVING),
  row("DomainMapping.serving.knative.dev", "serving.knative.dev/v1beta1", "domainmappings", ["dm"], SERVING),
  row(
    "PodAutoscaler.autoscaling.internal.knative.dev",
    "autoscaling.internal.knative.dev/v1alpha1",
    "podautoscalers",
    ["kpa", "pa"],
    INTERNAL_SCALING,
  ),
  row(
    "Metric.autoscaling.internal.knative.dev",
    "autoscaling.internal.knative.dev/v1alpha1",
    "metrics",
    [],
    INTERNAL_SCALING,
  ),
  row(
    "ServerlessService.networking.internal.knative.dev",
    "networking.internal.knative.dev/v1alpha1",
    "serverlessservices",
    ["sks"],
    INTERNAL_NETWORKING,
  ),
  row(
    "Ingress.networking.internal.knative.dev",
    "networking.internal.knative.dev/v1alpha1",
    "ingresses",
    ["kingress", "king"],
    INTERNAL_NETWORKING,
  ),
  row(
    "Certificate.networking.internal.knative.dev",
    "networking.internal.knative.dev/v1alpha1",
    "certificates",
    ["kcert"],
    INTERNAL_NETWORKING,
  ),
  row(
    "ClusterDomainClaim.networking.internal.knative.dev",
    "networking.internal.knative.dev/v1alpha1",
    "clusterdomainclaims",
    ["cdc"],
    INTERNAL_NETWORKING,
    "cluster",
  ),
  row(
    "Image.caching.internal.knative.dev",
    "caching.internal.knative.dev/v1alpha1",
    "images",
    [],
    ["knative-internal", "caching"],
  ),
  row("Deployment.apps", "apps/v1", "deployments", ["deploy"], ["all"]),
  row("Pod", "v1", "pods", ["po"], ["all"]),
  row("Service", "v1", "services", ["svc"], ["all"]),
  row("Endpoints", "v1", "endpoints", ["ep"], [], "namespaced", false),
  row("ConfigMap", "v1", "configmaps", ["cm"], [], "namespaced", false),
  row("Secret", "v1", "secrets", [], [], "namespaced", false),
  row("Namespace", "v1", "namespaces", ["ns"], [], "cluster"),
  row("Node", "v1", "nodes", ["no"], [], "cluster"),
  row("ServiceAccount", "v1", "serviceaccounts", ["sa"], [], "namespaced", false),
  row("ResourceQuota", "v1", "resourcequotas", ["quota"], []),
  row("PersistentVolumeClaim", "v1", "persistentvolumeclaims", ["pvc"], []),
  row("Event", "v1", "events", ["ev"], [], "namespaced", false),
  row("Lease.coordination.k8s.io", "coordination.k8s.io/v1", "leases", [], [], "namespaced", false),
];

const AUTHORIZATION = "authorization.k8s.io/v1";

/** All resources that the API serves. */
export const apiResources: readonly Resource[] = [
  ...resources,
  readOnly("HorizontalPodAutoscaler.autoscaling", "autoscaling/v2", "horizontalpodautoscalers", ["hpa"], ["all"]),
  readOnly("EndpointSlice.discovery.k8s.io", "discovery.k8s.io/v1", "endpointslices", [], [], "namespaced", false),
  readOnly("ReplicaSet.apps", "apps/v1", "replicasets", ["rs"], ["all"], "namespaced", false),
  readOnly("Event.events.k8s.io", "events.k8s.io/v1", "events", ["ev"], [], "namespaced", false),
  readOnly(
    "CustomResourceDefinition.apiextensions.k8s.io",
    "apiextensions.k8s.io/v1",
    "customresourcedefinitions",
    ["crd", "crds"],
    ["api-extensions"],
    "cluster",
    false,
  ),
  review("SelfSubjectAccessReview.authorization.k8s.io", AUTHORIZATION, "selfsubjectaccessreviews", "cluster"),
  review("SubjectAccessReview.authorization.k8s.io", AUTHORIZATION, "subjectaccessreviews", "cluster"),
  review("LocalSubjectAccessReview.authorization.k8s.io", AUTHORIZATION, "localsubjectaccessreviews", "namespaced"),
  review("SelfSubjectRulesReview.authorization.k8s.io", AUTHORIZATION, "selfsubjectrulesreviews", "cluster"),
  review("SelfSubjectReview.authentication.k8s.io", "authentication.k8s.io/v1", "selfsubjectreviews", "cluster"),
];

const byKind = new Map<string, Resource>(apiResources.map((resource) => [resource.kind, resource]));

/** Returns `v1` for the core group, else `group/version`. */
export function apiVersionOf({ group, version }: Pick<Resource, "group" | "version">): string {
  return group === "" ? version : `${group}/${version}`;
}

/** `apiVersion` → `kind` → group-kind. The string object is shared, so that maps do not hash it again. */
const byVersion = new Map<string, Map<string, Kind>>();
for (const { kind, group, version, name } of apiResources) {
  const apiVersion = apiVersionOf({ group, version });
  byVersion.set(apiVersion, (byVersion.get(apiVersion) ?? new Map<string, Kind>()).set(name, kind));
}

/** Returns true for the kinds that a cluster has from CustomResourceDefinitions. Some rules of the API differ. */
export function isCustom({ group }: Pick<Resource, "group">): boolean {
  return group.endsWith(".knative.dev");
}

/** Returns the resource of a kind, or undefined when knap does not know the kind. */
export function resourceOf(kind: string): Resource | undefined {
  return byKind.get(kind);
}
