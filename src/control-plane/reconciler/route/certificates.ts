// Plans the Certificates of a Route's host names and marks their state in the Route's conditions.
// Source: pkg/reconciler/route/route.go (externalDomainTLS).
import type { ServingConfig } from "../../../apis/config/types.ts";
import { conditionOf, isConditionTrue, isFailed, isReady } from "../../../apis/meta/conditions.ts";
import { keyOf, namespacedName } from "../../../apis/meta/key.ts";
import type { Certificate } from "../../../apis/networking/types.ts";
import { CERTIFICATE_TYPE_LABEL, firstOf, ROUTE_LABEL, WILDCARD_LABEL } from "../../../apis/serving/labels.ts";
import * as lifecycle from "../../../apis/serving/route-lifecycle.ts";
import type { Route, RouteStatus } from "../../../apis/serving/types.ts";
import { parseBool } from "../../../base/go/number.ts";
import { failed, ok, type Result } from "../../../base/result.ts";
import { isControlledBy } from "../ownership.ts";
import type { Pass } from "../pass.ts";
import {
  type CertificateOutcome,
  challengesOf,
  ensureCertificate,
  type IngressTls,
  notOwnedText,
} from "./certificate-holding.ts";
import { domainFor, domainOfTag, isClusterLocal, publicUrl, type Visibility } from "./domains.ts";
import { type CertificateType, makeRouteCertificate } from "./make-certificate.ts";
import { expandedHosts } from "./make-ingress.ts";
import type { Traffic } from "./traffic.ts";

const DISABLED_KEYS = [
  "networking.knative.dev/disable-external-domain-tls",
  "networking.knative.dev/disable-auto-tls",
  "networking.knative.dev/disableAutoTLS",
];
const KIND = "Certificate.networking.internal.knative.dev";

export type RoutePass = Pass<"Route.serving.knative.dev">;

/** Returns true if the cluster issues certificates and the object does not opt out. */
export function wantsTls(annotations: Route["metadata"]["annotations"], config: ServingConfig): boolean {
  const disabled = parseBool(firstOf(annotations, DISABLED_KEYS) ?? "");
  return config.network.externalDomainTls && !(disabled.ok && disabled.value);
}

/** Plans the Certificates of all public host names. Fails if another object owns a Certificate. */
export function reconcileCertificates(
  pass: RoutePass,
  traffic: Traffic,
  visibility: Visibility,
): Result<CertificateOutcome> {
  const { object: route, world, at } = pass;
  const { config } = world;
  if (!wantsTls(route.metadata.annotations, config)) {
    pass.status = lifecycle.markTlsNotEnabled(pass.status, "external-domain-tls is not enabled", at);
    return ok({ tls: [], challenges: [] });
  }
  const tagOf = new Map<string, string>();
  for (const tag of traffic.groups.keys()) {
    const domain = domainOfTag(route, tag, visibility.get(tag) ?? false, config);
    if (!domain.ok) return domain;
    if (!isClusterLocal(domain.value, config)) tagOf.set(domain.value, tag);
  }
  if (tagOf.size === 0 && !config.network.clusterLocalDomainTls) {
    pass.status = lifecycle.markTlsNotEnabled(pass.status, "TLS is not enabled for cluster-local", at);
  }
  const tls: IngressTls[] = [];
  const pending: Certificate[] = [];
  for (const [dnsName, tag] of [...tagOf].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const certificate = findWildcard(pass, dnsName) ?? ensureOwnCertificate(pass, dnsName, tag);
    if (!certificate.ok) return certificate;
    if (markCertificateState(pass, certificate.value, dnsName)) tls.push(tlsOf(certificate.value, [dnsName]));
    if (isPending(certificate.value)) pending.push(certificate.value);
  }
  deleteOrphans(pass, new Set(tagOf.keys()), "external-domain");
  return ok({ tls, challenges: challengesOf(pending) });
}

/** Returns the TLS entry of an Ingress for this Certificate. */
export function tlsOf({ metadata, spec }: Certificate, hosts: readonly string[]): IngressTls {
  return { hosts, secretName: spec.secretName, secretNamespace: metadata.namespace ?? "" };
}

/** Returns true if the CA can request the challenges of this Certificate: it is not ready, or it is being renewed. */
function isPending(certificate: Certificate): boolean {
  return !isReady(certificate) || isConditionTrue(certificate.status?.conditions, "Renewing");
}

/** Marks the state of the Certificate. Returns true if the Certificate is ready. */
function markCertificateState(pass: RoutePass, certificate: Certificate, dnsName: string): boolean {
  const { config } = pass.world;
  pass.status = withUrl(pass.status, dnsName, publicUrl("https", dnsName, config));
  pass.status = markCertificate(pass.status, certificate, pass.at);
  if (isReady(certificate)) return true;
  if (config.network.httpProtocol !== "Enabled") return false;
  pass.status = withUrl(pass.status, dnsName, publicUrl("http", dnsName, config));
  pass.status = lifecycle.markHttpDowngrade(pass.status, certificate.metadata.name, pass.at);
  return false;
}

function markCertificate(status: RouteStatus, certificate: Certificate, at: string): RouteStatus {
  const { name } = certificate.metadata;
  const why = conditionOf(certificate.status?.conditions, "Ready")?.reason ?? "";
  if (isReady(certificate)) return lifecycle.markCertificateReady(status, at);
  return isFailed(certificate)
    ? lifecycle.markCertificateFailed(status, name, why, at)
    : lifecycle.markCertificateNotReady(status, name, why, at);
}

/** Returns the status with all URLs of this host replaced. */
function withUrl(status: RouteStatus, host: string, wanted: string): RouteStatus {
  const change = (url: string) => {
    const [, authority = ""] = url.split("://");
    return authority.replace(/:\d+$/, "") === host ? wanted : url;
  };
  const { url, traffic } = status;
  return {
    ...status,
    ...(url === undefined ? {} : { url: change(url) }),
    ...(traffic
      ? { traffic: traffic.map((target) => (target.url ? { ...target, url: change(target.url) } : target)) }
      : {}),
  };
}

function ensureOwnCertificate(pass: RoutePass, dnsName: string, tag: string): Result<Certificate> {
  const { config } = pass.world;
  const domain = domainFor(pass.object.metadata.labels ?? {}, config);
  const names = { tag, dnsNames: [dnsName], domain };
  return ensureRouteCertificate(pass, makeRouteCertificate(pass.object, names, "external-domain", config));
}

/** Returns the existing Certificate, else the planned one. Fails if another object owns the Certificate. */
function ensureRouteCertificate(pass: RoutePass, wanted: Certificate): Result<Certificate> {
  const { object: route, world, plan, at } = pass;
  const existing = world.get(KIND, route.metadata.namespace, wanted.metadata.name);
  if (existing && !isControlledBy(existing, route)) {
    pass.status = lifecycle.markCertificateNotOwned(pass.status, wanted.metadata.name, at);
    return failed(notOwnedText(route, wanted));
  }
  ensureCertificate(plan, wanted, existing);
  return ok(existing ?? wanted);
}

/** Returns a wildcard Certificate of the domain, if one exists. It replaces a Certificate for this name. */
function findWildcard({ object, world }: RoutePass, dnsName: string): Result<Certificate> | undefined {
  const domain = domainFor(object.metadata.labels ?? {}, world.config);
  const labels = { matchLabels: { [WILDCARD_LABEL]: domain } };
  const wildcard = `*.${dnsName.split(".").slice(1).join(".")}`;
  const found = world
    .list(KIND, { namespace: object.metadata.namespace, labels })
    .find(({ spec }) => spec.dnsNames.includes(wildcard));
  return found && ok(found);
}

/** Deletes Certificates of this Route and type that no host name uses. */
function deleteOrphans({ object, world, plan }: RoutePass, used: ReadonlySet<string>, type: CertificateType): void {
  const { name, namespace } = object.metadata;
  const labels = { matchLabels: { [ROUTE_LABEL]: name, [CERTIFICATE_TYPE_LABEL]: type } };
  for (const certificate of world.list(KIND, { namespace, labels })) {
    if (certificate.spec.dnsNames.some((dnsName) => used.has(dnsName))) continue;
    const key = keyOf(certificate);
    const message = `Deleted orphaned Knative Certificate ${namespacedName(key)}`;
    plan.events.push({ about: key, type: "Normal", reason: "Deleted", message });
    plan.retire.push({ key, uid: certificate.metadata.uid });
  }
}

/** Plans a Certificate for the cluster-local names of each tag. A ready one changes the addresses to `https`. */
export function reconcileLocalCertificates(pass: RoutePass, traffic: Traffic): Result<readonly IngressTls[]> {
  const { object: route, world } = pass;
  const { config } = world;
  if (!config.network.clusterLocalDomainTls) return ok([]);
  const tls: IngressTls[] = [];
  const used = new Set<string>();
  for (const tag of traffic.groups.keys()) {
    const domain = domainOfTag(route, tag, true, config);
    if (!domain.ok) return domain;
    const hosts = expandedHosts(domain.value, config);
    for (const host of hosts) used.add(host);
    const names = { tag, dnsNames: hosts, domain: `svc.${config.clusterDomain}` };
    const certificate = ensureRouteCertificate(
      pass,
      makeRouteCertificate(route, names, "cluster-local-domain", config),
    );
    if (!certificate.ok) return certificate;
    pass.status = markCertificate(pass.status, certificate.value, pass.at);
    if (!isReady(certificate.value)) continue;
    pass.status = withLocalHttps(pass.status, hosts);
    tls.push(tlsOf(certificate.value, hosts));
  }
  deleteOrphans(pass, used, "cluster-local-domain");
  return ok(tls);
}

function withLocalHttps(status: RoutePass["status"], hosts: readonly string[]): RoutePass["status"] {
  const { url, address } = status;
  const [, host = ""] = (url ?? "").split("://");
  return {
    ...status,
    ...(address?.url ? { address: { url: address.url.replace(/^http:/, "https:") } } : {}),
    ...(hosts.includes(host) ? { url: `https://${host}` } : {}),
  };
}
