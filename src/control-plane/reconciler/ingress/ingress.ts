// Plans for an Ingress: marks it ready when a probe shows that the gateway serves its current version.
// Source: networking/pkg/status/status.go.
import type { ServingConfig } from "../../../apis/config/types.ts";
import { ingressConditions } from "../../../apis/meta/conditions.ts";
import { keyOf } from "../../../apis/meta/key.ts";
import { ingressHash } from "../../../apis/networking/hosts.ts";
import type { Ingress, IngressStatus } from "../../../apis/networking/types.ts";
import { makeStatusConditions } from "../../../apis/serving/status-conditions.ts";
import type { Inquiry, Reconciler } from "../../controller/reconciler.ts";
import { knativePlanner } from "../pass.ts";

const KIND = "Ingress.networking.internal.knative.dev";
const conditions = makeStatusConditions<IngressStatus>(ingressConditions);
/** The names of the gateway's Services in knative-serving: for requests from outside, and from containers. */
export const PUBLIC_GATEWAY = "knap-gateway";
export const LOCAL_GATEWAY = "knap-local-gateway";
const WAITING = { reason: "Uninitialized", message: "Waiting for load balancer to be ready" };

export const ingressPlanner: Reconciler<typeof KIND> = knativePlanner({
  name: "ingress",
  kind: KIND,
  conditions: ingressConditions,
  reconcile: (pass): undefined => {
    const { object, world, at } = pass;
    const question = probeOf(object);
    const configured = conditions.markTrue(withGateways(pass.status, world.config), "NetworkConfigured", at);
    if (world.answer(question)?.ok) {
      pass.status = conditions.markTrue(configured, "LoadBalancerReady", at);
      return;
    }
    pass.plan.ask.push(question);
    pass.status = conditions.markUnknown(configured, "LoadBalancerReady", at, WAITING);
  },
});

function probeOf(ingress: Ingress): Extract<Inquiry, { ask: "IngressProbe" }> {
  const hosts = (ingress.spec.rules ?? []).flatMap((rule) => rule.hosts ?? []);
  return {
    ask: "IngressProbe",
    ingress: keyOf(ingress),
    hash: ingressHash(ingress),
    hosts: [...new Set(hosts)].sort(),
  };
}

/** Sets the public and the private load balancer. Placeholder Services refer to the private one. */
function withGateways(status: IngressStatus, { clusterDomain }: ServingConfig): IngressStatus {
  const loadBalancer = (name: string) => ({
    ingress: [{ domainInternal: `${name}.knative-serving.svc.${clusterDomain}` }],
  });
  return {
    ...status,
    publicLoadBalancer: loadBalancer(PUBLIC_GATEWAY),
    privateLoadBalancer: loadBalancer(LOCAL_GATEWAY),
  };
}
