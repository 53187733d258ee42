// Holds a Route's placeholder Services: one for each name, none for names that are gone, and never anybody else's.
// Source: pkg/reconciler/route/reconcile_resources.go.

import type { CoreService, Endpoints, ServicePort } from "../../../apis/core/types.ts";
import { keyOf, type ObjectKey } from "../../../apis/meta/key.ts";
import type { Stored } from "../../../apis/meta/object.ts";
import type { Ingress, IngressStatus } from "../../../apis/networking/types.ts";
import { CLUSTER_LOCAL, ROUTE_LABEL, VISIBILITY_LABEL, without } from "../../../apis/serving/labels.ts";
import { markPlaceholderNotOwned } from "../../../apis/serving/route-lifecycle.ts";
import type { Route } from "../../../apis/serving/types.ts";
import { failed, ok, type Result } from "../../../base/result.ts";
import type { OwnedFields } from "../../controller/reconciler.ts";
import { controllerReference, isControlledBy } from "../ownership.ts";
import type { Pass } from "../pass.ts";
import { domainOfTag, hostOfTag } from "./domains.ts";

type RoutePass = Pass<"Route.serving.knative.dev">;

/** Creates what is missing and retires what no tag names any more. The hosts, or why not. */
export function reconcilePlaceholders(pass: RoutePass, tags: Iterable<string>): Result<readonly string[]> {
  const { object: route, world, plan } = pass;
  const { namespace, labels } = route.metadata;
  const hosts: string[] = [];
  for (const tag of tags) {
    const host = hostOfTag(route, tag, world.config);
    if (!host.ok) return host;
    hosts.push(host.value);
    const foreign = foreignObject(pass, host.value);
    if (foreign !== undefined) return failed(foreign);
    if (world.get("Service", namespace, host.value)) continue;
    const domain = domainOfTag(route, tag, labels?.[VISIBILITY_LABEL] === CLUSTER_LOCAL, world.config);
    if (!domain.ok) return domain;
    plan.create.push(makePlaceholder(route, host.value, aliasOf(domain.value).spec));
    const message = `Created placeholder service "${host.value}"`;
    plan.events.push({ type: "Normal", reason: "Created", message });
  }
  retireOthers(pass, hosts);
  return ok(hosts);
}

/** Marks and tells of a Service or Endpoints of that name that somebody else owns. */
function foreignObject(pass: RoutePass, host: string): string | undefined {
  const { object: route, world, at } = pass;
  const { name, namespace } = route.metadata;
  const service = world.get("Service", namespace, host);
  if (service && !isControlledBy(service, route)) {
    pass.status = markPlaceholderNotOwned(pass.status, "Service", host, at);
    return `route: "${name}" does not own Service: "${host}"`;
  }
  const endpoints = world.get("Endpoints", namespace, host);
  if (!endpoints || isControlledBy(endpoints, route)) return undefined;
  pass.status = markPlaceholderNotOwned(pass.status, "Endpoint", host, at);
  return `route: "${name}" does not own Endpoints: "${host}"`;
}

/** Whatever carries the Route's label and none of its names goes, with its Endpoints. */
function retireOthers({ object: route, world, plan }: RoutePass, hosts: readonly string[]): void {
  const { name, namespace } = route.metadata;
  const ours = { namespace, labels: { matchLabels: { [ROUTE_LABEL]: name } } };
  for (const service of world.list("Service", ours)) {
    if (hosts.includes(service.metadata.name)) continue;
    plan.retire.push({ key: keyOf(service) });
    const endpoints = world.get("Endpoints", namespace, service.metadata.name);
    if (endpoints) plan.retire.push({ key: keyOf(endpoints) });
  }
}

/** Points the placeholders at the gateway that the Ingress tells of; without one they stay as they are. */
export function pointPlaceholders(pass: RoutePass, hosts: readonly string[], ingress: Ingress | undefined): void {
  const { object: route, world, plan } = pass;
  const { namespace } = route.metadata;
  for (const host of hosts) {
    const existing = world.get("Service", namespace, host);
    const isPrivate = existing?.metadata.labels?.[VISIBILITY_LABEL] === CLUSTER_LOCAL;
    const target = existing && behindLoadBalancer(ingress?.status, isPrivate);
    if (!target) continue;
    plan.ensure.push(pointed(existing, makePlaceholder(route, host, target.spec)));
    const key: ObjectKey<"Endpoints"> = { kind: "Endpoints", namespace, name: host };
    const endpoints = world.get("Endpoints", namespace, host);
    if (target.subsets)
      plan.ensure.push(heldEndpoints(key, makePlaceholderEndpoints(route, host, target.subsets), target));
    else if (endpoints) plan.retire.push({ key });
  }
}

function heldEndpoints(key: ObjectKey, create: Endpoints, { subsets }: Target): OwnedFields {
  return { key, fields: { subsets }, create, whole: [["subsets"]] };
}

/**
 * The placeholder with its new content. Where Kubernetes would not let a Service change so, Knative makes it anew: then
 * nothing of the old labels and annotations is left. Else others' labels and annotations stay.
 */
function pointed(existing: CoreService, wanted: CoreService): OwnedFields {
  const old = existing.metadata;
  const { labels, annotations = {} } = wanted.metadata;
  const metadata = canChange(existing, wanted)
    ? { labels: { ...old.labels, ...labels }, annotations: { ...old.annotations, ...annotations } }
    : { labels, annotations };
  return {
    key: keyOf(existing),
    fields: { metadata, spec: keepingAddress(existing, wanted.spec) },
    whole: [["metadata", "labels"], ["metadata", "annotations"], ["spec"]],
  };
}

function canChange({ spec: from }: CoreService, { spec: to }: CoreService): boolean {
  if (from.type !== to.type) return from.type === "ExternalName";
  if (from.type !== "ClusterIP" || from.clusterIP === to.clusterIP) return true;
  return from.clusterIP !== "None" && to.clusterIP === undefined;
}

/** The address that the API gave a Service of the same type is the API's. */
function keepingAddress({ spec: from }: CoreService, spec: CoreService["spec"]): CoreService["spec"] {
  if (from.type !== spec.type || spec.type !== "ClusterIP" || spec.clusterIP !== undefined) return spec;
  if (from.clusterIP === "None") return spec;
  const { clusterIP, clusterIPs } = from;
  return { ...spec, ...(clusterIP ? { clusterIP } : {}), ...(clusterIPs ? { clusterIPs } : {}) };
}

const H2C = "kubernetes.io/h2c";
const HTTP_PORT = 80;
const ports: readonly ServicePort[] = [{ name: "http2", appProtocol: H2C, port: HTTP_PORT, targetPort: HTTP_PORT }];

/** What stands behind a placeholder; `subsets` only for a gateway known by its IP. */
export interface Target {
  readonly spec: CoreService["spec"];
  readonly subsets?: NonNullable<Endpoints["subsets"]>;
}

/** The Service under a host of the Route. Its own visibility label is the user's and is not handed on. */
function makePlaceholder(route: Stored<Route>, host: string, spec: CoreService["spec"]): CoreService {
  return { apiVersion: "v1", kind: "Service", metadata: metadataOf(route, host), spec };
}

/** The Endpoints beside a headless placeholder. */
function makePlaceholderEndpoints(route: Stored<Route>, host: string, subsets: Target["subsets"]): Endpoints {
  return { apiVersion: "v1", kind: "Endpoints", metadata: metadataOf(route, host), ...(subsets ? { subsets } : {}) };
}

function metadataOf(route: Stored<Route>, name: string): CoreService["metadata"] {
  const { namespace, labels, annotations } = route.metadata;
  return {
    name,
    namespace,
    labels: { ...without(labels, (key) => key === VISIBILITY_LABEL), [ROUTE_LABEL]: route.metadata.name },
    ...(annotations && Object.keys(annotations).length > 0 ? { annotations } : {}),
    ownerReferences: [controllerReference(route)],
  };
}

/** Before there is a gateway: an alias of the public name. */
function aliasOf(domain: string): Target {
  return { spec: { type: "ExternalName", externalName: domain, sessionAffinity: "None", ports } };
}

/**
 * What the Ingress' load balancer makes of it: the private one if there is one (for private names in any case), else the
 * public one. An address is preferred to names. Undefined while there is none.
 */
export function behindLoadBalancer(status: IngressStatus | undefined, isPrivate: boolean): Target | undefined {
  const inner = status?.privateLoadBalancer?.ingress ?? [];
  const balancers = isPrivate || inner.length > 0 ? inner : (status?.publicLoadBalancer?.ingress ?? []);
  const [balancer] = balancers;
  if (!balancer || balancers.length > 1) return undefined;
  if (balancer.ip) {
    const addresses = [{ ip: balancer.ip }];
    const subset = { addresses, ports: [{ name: "http2", appProtocol: H2C, port: HTTP_PORT }] };
    return { spec: { type: "ClusterIP", clusterIP: "None", ports }, subsets: [subset] };
  }
  if (balancer.domainInternal) return aliasOf(balancer.domainInternal);
  if (balancer.domain) return { spec: { type: "ExternalName", externalName: balancer.domain, ports } };
  if (!balancer.meshOnly) return undefined;
  // Knative leaves the target port to Kubernetes, which takes 0 for the same as the port.
  return { spec: { type: "ClusterIP", ports: [{ name: "http", port: HTTP_PORT, targetPort: 0 }] } };
}
