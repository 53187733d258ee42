// Certificates for the names inside the cluster, when config-network asks for them (cluster-local-domain-tls).
// Source: pkg/reconciler/route/route.go (clusterLocalDomainTLS).
import { isReady } from "../../../apis/meta/conditions.ts";
import { ok, type Result } from "../../../base/result.ts";
import {
  holdRouteCertificate,
  type IngressTls,
  markCertificate,
  type RoutePass,
  retireOrphans,
  tlsOf,
} from "./certificates.ts";
import { domainOfTag } from "./domains.ts";
import { makeRouteCertificate } from "./make-certificate.ts";
import { expandedHosts } from "./make-ingress.ts";
import type { Traffic } from "./traffic.ts";

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
