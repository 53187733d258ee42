// Holds a Route's placeholder Services: one for each name, none for names that are gone, and never anybody else's.
// Source: pkg/reconciler/route/reconcile_resources.go.
import type { CoreService } from "../../../apis/core/types.ts";
import { keyOf } from "../../../apis/kinds.ts";
import type { Ingress } from "../../../apis/networking/types.ts";
import { markPlaceholderNotOwned } from "../../../apis/serving/route-lifecycle.ts";
import { type Parsed, parsed, unparsed } from "../../../base/parsed.ts";
import { isControlledBy } from "../ownership.ts";
import type { Failure, Pass } from "../pass.ts";
import { ROUTE_LABEL, VISIBILITY_LABEL } from "../well-known.ts";
import { domainOfTag, hostOfTag } from "./domains.ts";
import { aliasOf, behindLoadBalancer, makePlaceholder, makePlaceholderEndpoints, type Target } from "./placeholder.ts";

type RoutePass = Pass<"Route.serving.knative.dev">;

/** Creates what is missing and retires what no tag names any more. The hosts, or why not. */
export function reconcilePlaceholders(pass: RoutePass, tags: Iterable<string>): Parsed<readonly string[]> {
  const { object: route, world, plan, at } = pass;
  const { name, namespace = "", labels } = route.metadata;
  const hosts: string[] = [];
  for (const tag of tags) {
    const host = hostOfTag(route, tag, world.config);
    if (!host.ok) return host;
    hosts.push(host.value);
    const existing = world.get("Service", namespace, host.value);
    if (existing && !isControlledBy(existing, route)) {
      pass.status = markPlaceholderNotOwned(pass.status, "Service", host.value, at);
      return unparsed(`route: "${name}" does not own Service: "${host.value}"`);
    }
    if (existing) continue;
    const domain = domainOfTag(route, tag, labels?.[VISIBILITY_LABEL] === "cluster-local", world.config);
    if (!domain.ok) return domain;
    plan.create.push(makePlaceholder(route, host.value, aliasOf(domain.value).spec));
    const message = `Created placeholder service "${host.value}"`;
    plan.events.push({ type: "Normal", reason: "Created", message });
  }
  const ours = { namespace, labels: { matchLabels: { [ROUTE_LABEL]: name } } };
  for (const service of world.list("Service", ours)) {
    if (hosts.includes(service.metadata.name) || !isControlledBy(service, route)) continue;
    const { uid } = service.metadata;
    plan.retire.push({ key: keyOf(service), ...(uid === undefined ? {} : { uid }) });
  }
  return parsed(hosts);
}

/** Points the placeholders at the gateway that the Ingress tells of; without one they stay as they are. */
export function pointPlaceholders(pass: RoutePass, hosts: readonly string[], ingress: Ingress | undefined): Failure {
  const target = behindLoadBalancer(ingress?.status);
  if (!target) return undefined;
  const { object: route, world, at } = pass;
  const { name, namespace = "" } = route.metadata;
  for (const host of hosts) {
    const endpoints = world.get("Endpoints", namespace, host);
    if (target.subsets && endpoints && !isControlledBy(endpoints, route)) {
      pass.status = markPlaceholderNotOwned(pass.status, "Endpoint", host, at);
      return `route: "${name}" does not own Endpoint: "${host}"`;
    }
    point(pass, host, target, endpoints !== undefined && isControlledBy(endpoints, route));
  }
  return undefined;
}

function point({ object: route, world, plan }: RoutePass, host: string, target: Target, hasEndpoints: boolean): void {
  const namespace = route.metadata.namespace ?? "";
  const existing = world.get("Service", namespace, host);
  if (existing) {
    const { metadata } = makePlaceholder(route, host, target.spec);
    const visibility = existing.metadata.labels?.[VISIBILITY_LABEL];
    const labels = { ...metadata.labels, ...(visibility ? { [VISIBILITY_LABEL]: visibility } : {}) };
    plan.ensure.push({
      key: keyOf(existing),
      fields: {
        metadata: { labels, annotations: metadata.annotations ?? {} },
        spec: keepingAddress(existing, target.spec),
      },
      whole: [["metadata", "labels"], ["metadata", "annotations"], ["spec"]],
    });
  }
  const key = { kind: "Endpoints", namespace, name: host } as const;
  if (target.subsets) {
    const create = makePlaceholderEndpoints(route, host, target.subsets);
    plan.ensure.push({ key, fields: { subsets: target.subsets }, create, whole: [["subsets"]] });
  } else if (hasEndpoints) {
    plan.retire.push({ key });
  }
}

/** The address that the API gave a Service of the same type is the API's. */
function keepingAddress(existing: CoreService, spec: CoreService["spec"]): CoreService["spec"] {
  if (existing.spec.type !== spec.type || spec.type !== "ClusterIP" || spec.clusterIP !== undefined) return spec;
  const { clusterIP, clusterIPs } = existing.spec;
  return { ...spec, ...(clusterIP ? { clusterIP } : {}), ...(clusterIPs ? { clusterIPs } : {}) };
}
