// Certificates of a Route's public names: which ones it needs, and what they say of themselves.
// Source: pkg/reconciler/route/route.go (externalDomainTLS).
import type { ServingConfig } from "../../../apis/config/types.ts";
import { conditionOf, isConditionTrue, isFailed, isReady } from "../../../apis/meta/conditions.ts";
import { keyOf } from "../../../apis/meta/key.ts";
import type { Certificate } from "../../../apis/networking/types.ts";
import { CERTIFICATE_TYPE_LABEL, firstOf, ROUTE_LABEL, WILDCARD_LABEL } from "../../../apis/serving/labels.ts";
import {
  markCertificateFailed,
  markCertificateNotOwned,
  markCertificateNotReady,
  markCertificateReady,
  markHttpDowngrade,
  markTlsNotEnabled,
} from "../../../apis/serving/route-lifecycle.ts";
import type { Route, RouteStatus } from "../../../apis/serving/types.ts";
import { parseBool } from "../../../base/go/number.ts";
import { failed, ok, type Result } from "../../../base/result.ts";
import { isControlledBy } from "../ownership.ts";
import type { Pass } from "../pass.ts";
import {
  type CertificateOutcome,
  challengesOf,
  holdCertificate,
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

/** True when the cluster issues certificates and this object does not opt out. */
export function wantsTls(annotations: Route["metadata"]["annotations"], config: ServingConfig): boolean {
  const disabled = parseBool(firstOf(annotations, DISABLED_KEYS) ?? "");
  return config.network.externalDomainTls && !(disabled.ok && disabled.value);
}

/** Holds the certificates of all public names and marks what they say. The failure: one of them belongs to somebody else. */
export function reconcileCertificates(
  pass: RoutePass,
  traffic: Traffic,
  visibility: Visibility,
): Result<CertificateOutcome> {
  const { object: route, world, at } = pass;
  const { config } = world;
  if (!wantsTls(route.metadata.annotations, config)) {
    pass.status = markTlsNotEnabled(pass.status, "external-domain-tls is not enabled", at);
    return ok({ tls: [], challenges: [] });
  }
  const tagOf = new Map<string, string>();
  for (const tag of traffic.groups.keys()) {
    const domain = domainOfTag(route, tag, visibility.get(tag) ?? false, config);
    if (!domain.ok) return domain;
    if (!isClusterLocal(domain.value, config)) tagOf.set(domain.value, tag);
  }
  if (tagOf.size === 0 && !config.network.clusterLocalDomainTls) {
    pass.status = markTlsNotEnabled(pass.status, "TLS is not enabled for cluster-local", at);
  }
  const tls: IngressTls[] = [];
  const asking: Certificate[] = [];
  for (const [dnsName, tag] of [...tagOf].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const held = findWildcard(pass, dnsName) ?? holdOwn(pass, dnsName, tag);
    if (!held.ok) return held;
    if (noteCertificate(pass, held.value, dnsName)) tls.push(tlsOf(held.value, [dnsName]));
    if (isAsking(held.value)) asking.push(held.value);
  }
  retireOrphans(pass, new Set(tagOf.keys()), "external-domain");
  return ok({ tls, challenges: challengesOf(asking) });
}

/** The certificate with its names, as an Ingress wants it. */
export function tlsOf({ metadata, spec }: Certificate, hosts: readonly string[]): IngressTls {
  return { hosts, secretName: spec.secretName, secretNamespace: metadata.namespace ?? "" };
}

/** Not ready yet, or being renewed: an authority may come and look. */
function isAsking(certificate: Certificate): boolean {
  return !isReady(certificate) || isConditionTrue(certificate.status?.conditions, "Renewing");
}

/** Marks the certificate's state; true when it can be used. */
function noteCertificate(pass: RoutePass, certificate: Certificate, dnsName: string): boolean {
  const { config } = pass.world;
  pass.status = withUrl(pass.status, dnsName, publicUrl("https", dnsName, config));
  pass.status = markCertificate(pass.status, certificate, pass.at);
  if (isReady(certificate)) return true;
  if (config.network.httpProtocol !== "Enabled") return false;
  pass.status = withUrl(pass.status, dnsName, publicUrl("http", dnsName, config));
  pass.status = markHttpDowngrade(pass.status, certificate.metadata.name, pass.at);
  return false;
}

/** What a certificate says of itself, as the Route's condition. */
function markCertificate(status: RouteStatus, certificate: Certificate, at: string): RouteStatus {
  const { name } = certificate.metadata;
  const why = conditionOf(certificate.status?.conditions, "Ready")?.reason ?? "";
  if (isReady(certificate)) return markCertificateReady(status, at);
  return isFailed(certificate)
    ? markCertificateFailed(status, name, why, at)
    : markCertificateNotReady(status, name, why, at);
}

/** All URLs of that host in the status become this one. */
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

function holdOwn(pass: RoutePass, dnsName: string, tag: string): Result<Certificate> {
  const { config } = pass.world;
  const domain = domainFor(pass.object.metadata.labels ?? {}, config);
  const names = { tag, dnsNames: [dnsName], domain };
  return holdRouteCertificate(pass, makeRouteCertificate(pass.object, names, "external-domain", config));
}

/** The Certificate as it stands, or as it is being made; a failure when it is somebody else's. */
function holdRouteCertificate(pass: RoutePass, wanted: Certificate): Result<Certificate> {
  const { object: route, world, plan, at } = pass;
  const existing = world.get(KIND, wanted.metadata.namespace ?? "", wanted.metadata.name);
  if (existing && !isControlledBy(existing, route)) {
    pass.status = markCertificateNotOwned(pass.status, wanted.metadata.name, at);
    return failed(notOwnedText(route, wanted));
  }
  holdCertificate(plan, wanted, existing);
  return ok(existing ?? wanted);
}

/** A certificate for the whole domain saves asking for one of our own. */
function findWildcard({ object, world }: RoutePass, dnsName: string): Result<Certificate> | undefined {
  const domain = domainFor(object.metadata.labels ?? {}, world.config);
  const labels = { matchLabels: { [WILDCARD_LABEL]: domain } };
  const wildcard = `*.${dnsName.split(".").slice(1).join(".")}`;
  const found = world
    .list(KIND, { namespace: object.metadata.namespace, labels })
    .find(({ spec }) => spec.dnsNames.includes(wildcard));
  return found && ok(found);
}

/** Certificates of this Route and type that no name needs any more. */
function retireOrphans({ object, world, plan }: RoutePass, used: ReadonlySet<string>, type: CertificateType): void {
  const { name, namespace } = object.metadata;
  const labels = { matchLabels: { [ROUTE_LABEL]: name, [CERTIFICATE_TYPE_LABEL]: type } };
  for (const certificate of world.list(KIND, { namespace, labels })) {
    if (certificate.spec.dnsNames.some((dnsName) => used.has(dnsName))) continue;
    const key = keyOf(certificate);
    const { uid } = certificate.metadata;
    const message = `Deleted orphaned Knative Certificate ${namespace}/${key.name}`;
    plan.events.push({ about: key, type: "Normal", reason: "Deleted", message });
    plan.retire.push({ key, ...(uid === undefined ? {} : { uid }) });
  }
}

/** Holds one certificate for each tag; with it, the addresses inside the cluster become `https`. */
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
    const held = holdRouteCertificate(pass, makeRouteCertificate(route, names, "cluster-local-domain", config));
    if (!held.ok) return held;
    pass.status = markCertificate(pass.status, held.value, pass.at);
    if (!isReady(held.value)) continue;
    pass.status = withLocalHttps(pass.status, hosts);
    tls.push(tlsOf(held.value, hosts));
  }
  retireOrphans(pass, used, "cluster-local-domain");
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
