// Placeholder Services: what makes a Route's names resolve inside the cluster, before and after there is a gateway to point at.
// Source: pkg/reconciler/route/resources/service.go.
import type { CoreService, Endpoints, ServicePort } from "../../../apis/core/types.ts";
import type { IngressStatus } from "../../../apis/networking/types.ts";
import { ROUTE_LABEL, VISIBILITY_LABEL, without } from "../../../apis/serving/labels.ts";
import type { Route } from "../../../apis/serving/types.ts";
import { controllerReference } from "../ownership.ts";

const H2C = "kubernetes.io/h2c";
const HTTP_PORT = 80;
const ports: readonly ServicePort[] = [{ name: "http2", appProtocol: H2C, port: HTTP_PORT, targetPort: HTTP_PORT }];

/** What stands behind a placeholder; `subsets` only for a gateway known by its IP. */
export interface Target {
  readonly spec: CoreService["spec"];
  readonly subsets?: NonNullable<Endpoints["subsets"]>;
}

/** The Service under a host of the Route. Its own visibility label is the user's and is not handed on. */
export function makePlaceholder(route: Route, host: string, spec: CoreService["spec"]): CoreService {
  return { apiVersion: "v1", kind: "Service", metadata: metadataOf(route, host), spec };
}

/** The Endpoints beside a headless placeholder. */
export function makePlaceholderEndpoints(route: Route, host: string, subsets: Target["subsets"]): Endpoints {
  return { apiVersion: "v1", kind: "Endpoints", metadata: metadataOf(route, host), ...(subsets ? { subsets } : {}) };
}

function metadataOf(route: Route, name: string): CoreService["metadata"] {
  const { namespace = "", labels, annotations } = route.metadata;
  return {
    name,
    namespace,
    labels: { ...without(labels, (key) => key === VISIBILITY_LABEL), [ROUTE_LABEL]: route.metadata.name },
    ...(annotations && Object.keys(annotations).length > 0 ? { annotations } : {}),
    ownerReferences: [controllerReference(route)],
  };
}

/** Before there is a gateway: an alias of the public name. */
export function aliasOf(domain: string): Target {
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
