// Plans a Route's placeholder Services, one for each tag.
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

/** Plans missing Services and deletes the Services of removed tags. Returns the names of all Services. */
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
  deleteOthers(pass, hosts);
  return ok(hosts);
}

/** If another object owns the Service or Endpoints of this name, marks the status and returns an error text. */
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

/** Deletes the Route's Services that no tag uses, and their Endpoints. */
function deleteOthers({ object: route, world, plan }: RoutePass, hosts: readonly string[]): void {
  const { name, namespace } = route.metadata;
  const ours = { namespace, labels: { matchLabels: { [ROUTE_LABEL]: name } } };
  for (const service of world.list("Service", ours)) {
    if (hosts.includes(service.metadata.name)) continue;
    plan.retire.push({ key: keyOf(service) });
    const endpoints = world.get("Endpoints", namespace, service.metadata.name);
    if (endpoints) plan.retire.push({ key: keyOf(endpoints) });
  }
}

/** Sets the gateway in the Ingress' status as the target of the placeholder Services, once there is a gateway. */
export function retargetPlaceholders(pass: RoutePass, hosts: readonly string[], ingress: Ingress | undefined): void {
  const { object: route, world, plan } = pass;
  const { namespace } = route.metadata;
  for (const host of hosts) {
    const existing = world.get("Service", namespace, host);
    const isPrivate = existing?.metadata.labels?.[VISIBILITY_LABEL] === CLUSTER_LOCAL;
    const target = existing && behindLoadBalancer(ingress?.status, isPrivate);
    if (!target) continue;
    plan.ensure.push(retargeted(existing, makePlaceholder(route, host, target.spec)));
    const key: ObjectKey<"Endpoints"> = { kind: "Endpoints", namespace, name: host };
    const endpoints = world.get("Endpoints", namespace, host);
    if (target.subsets)
      plan.ensure.push(placeholderEndpoints(key, makePlaceholderEndpoints(route, host, target.subsets), target));
    else if (endpoints) plan.retire.push({ key });
  }
}

function placeholderEndpoints(key: ObjectKey, create: Endpoints, { subsets }: PlaceholderTarget): OwnedFields {
  return { key, fields: { subsets }, create, whole: [["subsets"]] };
}

/**
 * Plans a placeholder Service with a new target. Keeps its old labels and annotations, except after a change that
 * Kubernetes does not allow: Knative creates the Service again then.
 */
function retargeted(existing: CoreService, wanted: CoreService): OwnedFields {
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

/** Keeps the clusterIP that the API assigned. */
function keepingAddress({ spec: from }: CoreService, spec: CoreService["spec"]): CoreService["spec"] {
  if (from.type !== spec.type || spec.type !== "ClusterIP" || spec.clusterIP !== undefined) return spec;
  if (from.clusterIP === "None") return spec;
  const { clusterIP, clusterIPs } = from;
  return { ...spec, ...(clusterIP ? { clusterIP } : {}), ...(clusterIPs ? { clusterIPs } : {}) };
}

const H2C = "kubernetes.io/h2c";
const HTTP_PORT = 80;
const ports: readonly ServicePort[] = [{ name: "http2", appProtocol: H2C, port: HTTP_PORT, targetPort: HTTP_PORT }];

/** The target of a placeholder Service. Only a gateway with an IP has `subsets`. */
export interface PlaceholderTarget {
  readonly spec: CoreService["spec"];
  readonly subsets?: NonNullable<Endpoints["subsets"]>;
}

/** Makes a placeholder Service without the Route's visibility label. */
function makePlaceholder(route: Stored<Route>, host: string, spec: CoreService["spec"]): CoreService {
  return { apiVersion: "v1", kind: "Service", metadata: metadataOf(route, host), spec };
}

/** Makes the Endpoints of a headless placeholder Service. */
function makePlaceholderEndpoints(
  route: Stored<Route>,
  host: string,
  subsets: PlaceholderTarget["subsets"],
): Endpoints {
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

/** Returns an ExternalName target. The name is the public host until a gateway exists, then the gateway's. */
function aliasOf(domain: string): PlaceholderTarget {
  return { spec: { type: "ExternalName", externalName: domain, sessionAffinity: "None", ports } };
}

/**
 * Returns the target for the Ingress' load balancer: the private one if it exists or `isPrivate`, else the public one.
 * Prefers an IP to names. Returns undefined without a load balancer.
 */
export function behindLoadBalancer(
  status: IngressStatus | undefined,
  isPrivate: boolean,
): PlaceholderTarget | undefined {
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
  // Knative does not set the target port; for Kubernetes, 0 means the same as the port.
  return { spec: { type: "ClusterIP", ports: [{ name: "http", port: HTTP_PORT, targetPort: 0 }] } };
}
