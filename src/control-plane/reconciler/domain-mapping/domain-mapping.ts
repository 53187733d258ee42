// Plans for a DomainMapping: the ClusterDomainClaim of its name, a Certificate and the Ingress to its target.
// Source: pkg/reconciler/domainmapping/reconciler.go.
import { type Kind, resources } from "../../../apis/kinds.ts";
import { domainMappingConditions } from "../../../apis/meta/conditions.ts";
import { keyOf, type ObjectKey } from "../../../apis/meta/key.ts";
import type { AnyObject, Stored } from "../../../apis/meta/object.ts";
import type { ClusterDomainClaim } from "../../../apis/networking/types.ts";
import * as lifecycle from "../../../apis/serving/domain-mapping-lifecycle.ts";
import type { Addressable, DomainMapping } from "../../../apis/serving/types.ts";
import { sameJson } from "../../../base/json.ts";
import { failed, ok, type Result } from "../../../base/result.ts";
import type { Reconciler, World } from "../../controller/reconciler.ts";
import type { View } from "../../store/view.ts";
import { ensureWhole, isAsWanted } from "../ownership.ts";
import { defaulted, knativePlanner, type Pass, type ReconcileError } from "../pass.ts";
import type { CertificateOutcome } from "../route/certificate-holding.ts";
import { clusterHost } from "../route/domains.ts";
import { ingressName } from "../route/make-ingress.ts";
import { reconcileDomainCertificate } from "./domain-certificate.ts";
import { type DomainTarget, makeDomainIngress } from "./make-domain-ingress.ts";

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

/** Returns the mappings with the name of a changed claim, or that refer to a changed Service or Route. */
function mappingsConcerned(changed: AnyObject, view: View): readonly ObjectKey[] {
  const { name } = changed.metadata;
  const isClaim = changed.kind === "ClusterDomainClaim";
  if (!isClaim && changed.kind !== "Service" && changed.kind !== "Route") return [];
  const index = { by: nameAndTarget, value: isClaim ? `mapping/${name}` : `target/${name}` };
  return view.list(KIND, { index }).map(keyOf);
}

/** Indexes mappings by their own name and by the name of their target. */
function nameAndTarget({ metadata, spec }: AnyObject): readonly string[] {
  return [`mapping/${metadata.name}`, `target/${(spec as DomainMapping["spec"]).ref.name}`];
}

function reconcileMapping(pass: MappingPass): ReconcileError {
  const { object: mapping, world, at } = pass;
  const { name, generation } = mapping.metadata;
  if (generation !== (mapping.status?.observedGeneration ?? 0)) {
    pass.status = lifecycle.markDomainIngressNotConfigured(pass.status, at);
  }
  setUrl(pass, world.config.network.defaultExternalScheme);
  const unclaimed = reconcileClaim(pass);
  if (unclaimed !== undefined) return unclaimed;
  const certificate = reconcileDomainCertificate(pass);
  if (!certificate.ok) return certificate.error;
  if (certificate.value.scheme) setUrl(pass, certificate.value.scheme);
  const target = resolveReference(mapping, world);
  if ("error" in target) {
    pass.status = lifecycle.markReferenceNotResolved(pass.status, target.because, at);
    return target.error;
  }
  pass.status = lifecycle.markReferenceResolved(pass.status, at);
  return reconcileIngress(pass, target, certificate.value, name);
}

function setUrl(pass: MappingPass, scheme: string): void {
  const url = `${scheme}://${pass.object.metadata.name}`;
  pass.status = { ...pass.status, url, address: { url } };
}

function reconcileClaim(pass: MappingPass): ReconcileError {
  const { object: mapping, world, plan, at } = pass;
  const { name, namespace } = mapping.metadata;
  const claim = world.get(CLAIM, "", name);
  if (!claim && !world.config.network.autocreateClusterDomainClaims) {
    pass.status = lifecycle.markDomainClaimNotOwned(pass.status, at);
    const missing = `no ClusterDomainClaim found for domain "${name}"`;
    return `${missing} (and autocreate-cluster-domain-claims property is not true)`;
  }
  if (claim && claim.spec.namespace !== namespace) {
    pass.status = lifecycle.markDomainClaimNotOwned(pass.status, at);
    return `namespace "${namespace}" does not own ClusterDomainClaim for "${name}"`;
  }
  if (!claim) plan.create.push(makeClaim(name, namespace));
  pass.status = lifecycle.markDomainClaimed(pass.status, at);
  return undefined;
}

/** Makes the claim that reserves a domain for a namespace. Claims are cluster-scoped, so a domain has one namespace. */
export function makeClaim(name: string, namespace: string): ClusterDomainClaim {
  return {
    apiVersion: "networking.internal.knative.dev/v1alpha1",
    kind: "ClusterDomainClaim",
    metadata: { name },
    spec: { namespace },
  };
}

/**
 * Deletes the claim if knap creates claims automatically; otherwise an administrator made the claim, and knap keeps it.
 */
function releaseClaim({ object: mapping, world, plan }: MappingPass): ReconcileError {
  const { name, namespace } = mapping.metadata;
  const claim = world.get(CLAIM, "", name);
  if (!world.config.network.autocreateClusterDomainClaims || claim?.spec.namespace !== namespace) return undefined;
  plan.retire.push({ key: keyOf(claim), uid: claim.metadata.uid });
  return undefined;
}

function reconcileIngress(
  pass: MappingPass,
  target: DomainTarget,
  certificate: CertificateOutcome,
  name: string,
): ReconcileError {
  const { object: mapping, world, plan, at } = pass;
  const namespace = mapping.metadata.namespace;
  const existing = world.get("Ingress.networking.internal.knative.dev", namespace, ingressName(name));
  const wanted = makeDomainIngress(mapping, target, certificate, world.config);
  if (!wanted.ok) return wanted.error;
  if (!existing) {
    const message = `Created Ingress "${wanted.value.metadata.name}"`;
    plan.events.push({ type: "Normal", reason: "Created", message });
  }
  const isSettled = existing !== undefined && isAsWanted(existing, wanted.value);
  if (!isSettled) plan.ensure.push(ensureWhole(wanted.value));
  const sameSpec = existing !== undefined && sameJson(existing.spec, wanted.value.spec);
  const observed = sameSpec && (existing.status?.observedGeneration ?? 0) === existing.metadata.generation;
  pass.status = observed
    ? lifecycle.propagateDomainIngressStatus(pass.status, existing.status ?? {}, at)
    : lifecycle.markDomainIngressNotConfigured(pass.status, at);
  return undefined;
}

/** Why the reference has no target: `because` is for the condition, `error` for the event. */
export interface Unresolved {
  readonly because: string;
  readonly error: string;
}

/**
 * Resolves the target, which must be a Service of the mapping's namespace.
 * @see knative.dev/pkg resolver/addressable_resolver.go
 */
export function resolveReference(mapping: Stored<DomainMapping>, world: World): DomainTarget | Unresolved {
  const namespace = mapping.metadata.namespace;
  const address = addressOf(mapping, world);
  if (!address.ok) return { because: address.error, error: `resolving reference: ${address.error}` };
  const [, , host = "", ...path] = address.value.split("/");
  const refused = (why: string): Unresolved => {
    const error = `resolved URI "${address.value}" ${why}`;
    return { because: error, error };
  };
  if (path.join("/").replace(/\/$/, "") !== "") return refused("contains a path");
  const [service = "", itsNamespace = ""] = host.split(".");
  if (host !== clusterHost(service, itsNamespace, world.config)) {
    return refused(`must be of the form ${clusterHost("{name}", "{namespace}", world.config)}`);
  }
  return itsNamespace === namespace ? { host, service } : refused("must be in same namespace as DomainMapping");
}

function addressOf(mapping: Stored<DomainMapping>, world: World): Result<string> {
  const { kind = "", name = "", apiVersion = "", group = "" } = mapping.spec.ref;
  const namespace = mapping.spec.ref.namespace || mapping.metadata.namespace;
  const itsGroup = apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : group;
  const resource = resources.find((known) => known.name === kind && known.group === itsGroup);
  const plural = resource?.plural ?? `${kind.toLowerCase()}s`;
  const found = resource && (world.get(resource.kind as Kind, namespace, name) as AnyObject | undefined);
  if (!found) {
    const qualified = itsGroup === "" ? plural : `${plural}.${itsGroup}`;
    return failed(`failed to get object ${namespace}/${name}: ${qualified} "${name}" not found`);
  }
  if (resource.kind === "Service") return ok(`http://${clusterHost(name, namespace, world.config)}`);
  const url = (found.status as { readonly address?: Addressable } | undefined)?.address?.url;
  if (url) return ok(url);
  const reference = Object.entries({
    Kind: kind,
    Namespace: namespace,
    Name: name,
    APIVersion: apiVersion,
    Group: group,
    Address: mapping.spec.ref.address ?? "",
  });
  return failed(`address not set for ${reference.map(([field, value]) => `${field} = ${value}`).join(", ")}`);
}
