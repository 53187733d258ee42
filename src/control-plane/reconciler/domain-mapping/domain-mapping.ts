// Plans for a DomainMapping: the claim of its name, a certificate, its target and the Ingress between them.
// Source: pkg/reconciler/domainmapping/reconciler.go.

import { domainMappingConditions } from "../../../apis/meta/conditions.ts";
import { keyOf, type ObjectKey } from "../../../apis/meta/key.ts";
import type { AnyObject } from "../../../apis/meta/object.ts";
import type { ClusterDomainClaim } from "../../../apis/networking/types.ts";
import {
  markDomainClaimed,
  markDomainClaimNotOwned,
  markDomainIngressNotConfigured,
  markReferenceNotResolved,
  markReferenceResolved,
  propagateDomainIngressStatus,
} from "../../../apis/serving/domain-mapping-lifecycle.ts";
import { sameJson } from "../../../base/json.ts";
import type { Reconciler } from "../../controller/reconciler.ts";
import type { View } from "../../store/view.ts";
import { defaulted } from "../defaulted.ts";
import { holdWhole, isAsWanted } from "../ownership.ts";
import { type Failure, knativePlanner, type Pass } from "../pass.ts";
import type { CertificateOutcome } from "../route/certificate-holding.ts";
import { ingressName } from "../route/make-ingress.ts";
import { reconcileDomainCertificate } from "./domain-certificate.ts";
import { type DomainTarget, makeDomainIngress } from "./make-domain-ingress.ts";
import { resolveReference } from "./resolve-reference.ts";

const KIND = "DomainMapping.serving.knative.dev";
const CLAIM = "ClusterDomainClaim.networking.internal.knative.dev";
type MappingPass = Pass<typeof KIND>;

export const domainMappingPlanner: Reconciler<typeof KIND> = knativePlanner({
  name: "domainmapping",
  kind: KIND,
  conditions: domainMappingConditions,
  defaulted,
  watches: mappingsConcerned,
  reconcile: reconcileMapping,
  finalizer: { name: "domainmappings.serving.knative.dev", clear: releaseClaim },
});

/** Mappings of that name (a claim changed) or to that name (a target changed). */
function mappingsConcerned(changed: AnyObject, view: View): readonly ObjectKey[] {
  const { name } = changed.metadata;
  const isClaim = changed.kind === "ClusterDomainClaim";
  if (!isClaim && changed.kind !== "Service" && changed.kind !== "Route") return [];
  return view
    .list(KIND)
    .filter(({ metadata, spec }) => (isClaim ? metadata.name === name : spec.ref.name === name))
    .map(keyOf);
}

function reconcileMapping(pass: MappingPass): Failure {
  const { object: mapping, world, at } = pass;
  const { name, generation } = mapping.metadata;
  if (generation !== (mapping.status?.observedGeneration ?? 0)) {
    pass.status = markDomainIngressNotConfigured(pass.status, at);
  }
  setUrl(pass, world.config.network.defaultExternalScheme);
  const unclaimed = reconcileClaim(pass);
  if (unclaimed !== undefined) return unclaimed;
  const certificate = reconcileDomainCertificate(pass);
  if (!certificate.ok) return certificate.error;
  if (certificate.value.scheme) setUrl(pass, certificate.value.scheme);
  const target = resolveReference(mapping, world);
  if ("error" in target) {
    pass.status = markReferenceNotResolved(pass.status, target.because, at);
    return target.error;
  }
  pass.status = markReferenceResolved(pass.status, at);
  return reconcileIngress(pass, target, certificate.value, name);
}

function setUrl(pass: MappingPass, scheme: string): void {
  const url = `${scheme}://${pass.object.metadata.name}`;
  pass.status = { ...pass.status, url, address: { url } };
}

function reconcileClaim(pass: MappingPass): Failure {
  const { object: mapping, world, plan, at } = pass;
  const { name, namespace } = mapping.metadata;
  const claim = world.get(CLAIM, "", name);
  if (!claim && !world.config.network.autocreateClusterDomainClaims) {
    pass.status = markDomainClaimNotOwned(pass.status, at);
    const missing = `no ClusterDomainClaim found for domain "${name}"`;
    return `${missing} (and autocreate-cluster-domain-claims property is not true)`;
  }
  if (claim && claim.spec.namespace !== namespace) {
    pass.status = markDomainClaimNotOwned(pass.status, at);
    return `namespace "${namespace}" does not own ClusterDomainClaim for "${name}"`;
  }
  if (!claim) plan.create.push(makeClaim(name, namespace));
  pass.status = markDomainClaimed(pass.status, at);
  return undefined;
}

/** The claim of a domain for a namespace: cluster-wide, so that no two namespaces can have it. */
export function makeClaim(name: string, namespace: string): ClusterDomainClaim {
  return {
    apiVersion: "networking.internal.knative.dev/v1alpha1",
    kind: "ClusterDomainClaim",
    metadata: { name },
    spec: { namespace },
  };
}

/** A claim that was made for the mapping goes with it; one that an administrator gave stays. */
function releaseClaim({ object: mapping, world, plan }: MappingPass): Failure {
  const { name, namespace } = mapping.metadata;
  const claim = world.get(CLAIM, "", name);
  if (!world.config.network.autocreateClusterDomainClaims || claim?.spec.namespace !== namespace) return undefined;
  const { uid } = claim.metadata;
  plan.retire.push({ key: keyOf(claim), ...(uid === undefined ? {} : { uid }) });
  return undefined;
}

function reconcileIngress(
  pass: MappingPass,
  target: DomainTarget,
  certificate: CertificateOutcome,
  name: string,
): Failure {
  const { object: mapping, world, plan, at } = pass;
  const namespace = mapping.metadata.namespace;
  const existing = world.get("Ingress.networking.internal.knative.dev", namespace, ingressName(name));
  const wanted = makeDomainIngress(mapping, target, certificate, world.config);
  if (!wanted.ok) return wanted.error;
  if (!existing) {
    const message = `Created Ingress "${wanted.value.metadata.name}"`;
    plan.events.push({ type: "Normal", reason: "Created", message });
  }
  const settled = existing !== undefined && isAsWanted(existing, wanted.value);
  if (!settled) plan.ensure.push(holdWhole(wanted.value));
  const sameSpec = existing !== undefined && sameJson(existing.spec, wanted.value.spec);
  const observed = sameSpec && (existing.status?.observedGeneration ?? 0) === existing.metadata.generation;
  pass.status = observed
    ? propagateDomainIngressStatus(pass.status, existing.status ?? {}, at)
    : markDomainIngressNotConfigured(pass.status, at);
  return undefined;
}
