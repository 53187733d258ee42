// Certificates of a Route's public names: which ones it needs, what they say of themselves, and the paths by which they are proven.
// Source: pkg/reconciler/route/{route,reconcile_resources}.go, pkg/reconciler/route/resources/certificate.go.
import type { ServingConfig } from "../../../apis/config/types.ts";
import { conditionOf, isFailed, isReady } from "../../../apis/meta/conditions.ts";
import type { Certificate, Ingress, IngressPath } from "../../../apis/networking/types.ts";
import {
  markCertificateFailed,
  markCertificateNotOwned,
  markCertificateNotReady,
  markCertificateReady,
  markHttpDowngrade,
  markTlsNotEnabled,
} from "../../../apis/serving/route-lifecycle.ts";
import type { Route, RouteStatus } from "../../../apis/serving/types.ts";
import { type Parsed, parsed, unparsed } from "../../../base/parsed.ts";
import { holdWhole } from "../owned-child.ts";
import { isControlledBy } from "../ownership.ts";
import type { Pass } from "../pass.ts";
import { firstOf, ROUTE_LABEL } from "../well-known.ts";
import { domainFor, domainOfTag, isClusterLocal, type Visibility } from "./domains.ts";
import { makeCertificate } from "./make-certificate.ts";
import type { Traffic } from "./traffic.ts";

const DISABLED_KEYS = [
  "networking.knative.dev/disable-external-domain-tls",
  "networking.knative.dev/disable-auto-tls",
  "networking.knative.dev/disableAutoTLS",
];
const WILDCARD_LABEL = "networking.knative.dev/wildcardDomain";

export type IngressTls = NonNullable<Ingress["spec"]["tls"]>[number];
export interface AcmeChallenge {
  readonly url?: string;
  readonly serviceName?: string;
  readonly serviceNamespace?: string;
  readonly servicePort?: number | string;
}
export interface CertificateOutcome {
  readonly tls: readonly IngressTls[];
  readonly challenges: readonly AcmeChallenge[];
}
type RoutePass = Pass<"Route.serving.knative.dev">;

/** True when the cluster issues certificates and this object does not opt out. */
export function wantsTls(annotations: Route["metadata"]["annotations"], config: ServingConfig): boolean {
  return config.network.externalDomainTls && firstOf(annotations, DISABLED_KEYS)?.toLowerCase() !== "true";
}

/** Holds the certificates of all public names and marks what they say. The failure: one of them belongs to somebody else. */
export function reconcileCertificates(
  pass: RoutePass,
  traffic: Traffic,
  visibility: Visibility,
): Parsed<CertificateOutcome> {
  const { object: route, world, at } = pass;
  const { config } = world;
  if (!wantsTls(route.metadata.annotations, config)) {
    pass.status = markTlsNotEnabled(pass.status, "external-domain-tls is not enabled", at);
    return parsed({ tls: [], challenges: [] });
  }
  const tagOf = new Map<string, string>();
  for (const tag of traffic.groups.keys()) {
    const domain = domainOfTag(route, tag, visibility.get(tag) ?? false, config);
    if (!domain.ok) return domain;
    if (!isClusterLocal(domain.value, config)) tagOf.set(domain.value, tag);
    else pass.status = markTlsNotEnabled(pass.status, "TLS is not enabled for cluster-local", at);
  }
  const tls: IngressTls[] = [];
  const challenges: AcmeChallenge[] = [];
  for (const [dnsName, tag] of [...tagOf].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const certificate = findWildcard(pass, dnsName) ?? holdCertificate(pass, dnsName, tag);
    if (!certificate.ok) return certificate;
    noteCertificate(pass, certificate.value, dnsName, { tls, challenges });
  }
  retireOrphans(pass, tagOf);
  return parsed({ tls, challenges });
}

function noteCertificate(
  pass: RoutePass,
  certificate: Certificate,
  dnsName: string,
  gathered: { tls: IngressTls[]; challenges: AcmeChallenge[] },
): void {
  const { name, namespace = "" } = certificate.metadata;
  const { at } = pass;
  pass.status = withScheme(pass.status, dnsName, "https");
  if (isReady(certificate)) {
    pass.status = markCertificateReady(pass.status, at);
    const { secretName } = certificate.spec;
    gathered.tls.push({ hosts: [dnsName], secretName, secretNamespace: namespace });
    return;
  }
  gathered.challenges.push(...((certificate.status?.http01Challenges ?? []) as readonly AcmeChallenge[]));
  const why = conditionOf(certificate.status?.conditions, "Ready")?.reason ?? "";
  pass.status = isFailed(certificate)
    ? markCertificateFailed(pass.status, name, why, at)
    : markCertificateNotReady(pass.status, name, why, at);
  if (pass.world.config.network.httpProtocol !== "Enabled") return;
  pass.status = withScheme(pass.status, dnsName, "http");
  pass.status = markHttpDowngrade(pass.status, name, at);
}

/** All URLs of that host in the status get the scheme. */
function withScheme(status: RouteStatus, host: string, scheme: string): RouteStatus {
  const change = (url: string | undefined) => (url?.split("://")[1] === host ? `${scheme}://${host}` : url);
  const url = change(status.url);
  return {
    ...status,
    ...(url === undefined ? {} : { url }),
    ...(status.traffic
      ? {
          traffic: status.traffic.map((target) => (target.url ? { ...target, url: change(target.url) ?? "" } : target)),
        }
      : {}),
  };
}

function holdCertificate(pass: RoutePass, dnsName: string, tag: string): Parsed<Certificate> {
  const { object: route, world, plan, at } = pass;
  const domain = domainFor(route.metadata.labels ?? {}, world.config);
  const wanted = makeCertificate(route, { dnsName, tag, domain }, world.config);
  const { name, namespace = "" } = wanted.metadata;
  const existing = world.get("Certificate.networking.internal.knative.dev", namespace, name);
  if (existing && !isControlledBy(existing, route)) {
    pass.status = markCertificateNotOwned(pass.status, name, at);
    return unparsed(`route: ${route.metadata.name} does not own certificate: ${name}`);
  }
  if (!existing) {
    const message = `Created Certificate ${namespace}/${name}`;
    plan.events.push({ type: "Normal", reason: "Created", message });
  }
  plan.ensure.push({ ...holdWhole(wanted), fields: { spec: wanted.spec }, whole: [["spec"]] });
  return parsed(existing ?? wanted);
}

/** A certificate for the whole domain saves asking for one of our own. */
function findWildcard({ object, world }: RoutePass, dnsName: string): Parsed<Certificate> | undefined {
  const domain = domainFor(object.metadata.labels ?? {}, world.config);
  const selection = {
    namespace: object.metadata.namespace ?? "",
    labels: { matchLabels: { [WILDCARD_LABEL]: domain } },
  };
  const wildcard = `*.${dnsName.split(".").slice(1).join(".")}`;
  const found = world
    .list("Certificate.networking.internal.knative.dev", selection)
    .find(({ spec }) => spec.dnsNames.includes(wildcard));
  return found && parsed(found);
}

function retireOrphans({ object, world, plan }: RoutePass, tagOf: ReadonlyMap<string, string>): void {
  const { name, namespace = "" } = object.metadata;
  const labels = { matchLabels: { [ROUTE_LABEL]: name } };
  for (const certificate of world.list("Certificate.networking.internal.knative.dev", { namespace, labels })) {
    const { metadata, spec } = certificate;
    if (!isControlledBy(certificate, object) || tagOf.has(spec.dnsNames[0] ?? "")) continue;
    const key = { kind: "Certificate.networking.internal.knative.dev", namespace, name: metadata.name } as const;
    plan.retire.push({ key, ...(metadata.uid === undefined ? {} : { uid: metadata.uid }) });
  }
}

/** The paths on that host by which an authority asks whether it is ours. */
export function challengePaths(challenges: readonly AcmeChallenge[], host: string): readonly IngressPath[] {
  return challenges.flatMap(({ url = "", serviceName = "", serviceNamespace = "", servicePort = 0 }) => {
    const [, , itsHost, ...path] = url.split("/");
    if (itsHost !== host) return [];
    return [{ path: `/${path.join("/")}`, splits: [{ serviceNamespace, serviceName, servicePort, percent: 100 }] }];
  });
}
