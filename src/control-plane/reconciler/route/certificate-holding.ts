// Certificates of Routes and DomainMappings: plan them and read their challenges.
// Source: pkg/reconciler/accessor/networking/certificate.go.
import { namespacedName } from "../../../apis/meta/key.ts";
import type { AnyObject } from "../../../apis/meta/object.ts";
import type { Certificate, Ingress, IngressPath } from "../../../apis/networking/types.ts";
import { ensureWhole, isAsWanted } from "../ownership.ts";
import type { PlanBuilder } from "../pass.ts";

export interface AcmeChallenge {
  readonly url?: string;
  readonly serviceName?: string;
  readonly serviceNamespace?: string;
  readonly servicePort?: number | string;
}

export type IngressTls = NonNullable<Ingress["spec"]["tls"]>[number];
export interface CertificateOutcome {
  readonly tls: readonly IngressTls[];
  readonly challenges: readonly AcmeChallenge[];
}

/** Plans to create or correct the Certificate, with an event. */
export function ensureCertificate(plan: PlanBuilder, wanted: Certificate, existing: Certificate | undefined): void {
  const { namespace = "", name } = wanted.metadata;
  if (existing && isAsWanted(existing, wanted)) return;
  const [reason, what] = existing ? ["Updated", "Updated Spec for Certificate"] : ["Created", "Created Certificate"];
  plan.events.push({ type: "Normal", reason, message: `${what} ${namespacedName({ namespace, name })}` });
  plan.ensure.push(ensureWhole(wanted));
}

/** Knative's error if another object owns the Certificate. */
export function notOwnedText(owner: AnyObject, certificate: Certificate): string {
  const goType = owner.kind === "Route" ? "*v1.Route" : "*v1beta1.DomainMapping";
  return `owner: ${owner.metadata.name} with Type ${goType} does not own Certificate: "${certificate.metadata.name}"`;
}

/** The ACME challenges of these Certificates, sorted by URL. */
export function challengesOf(certificates: readonly Certificate[]): readonly AcmeChallenge[] {
  return certificates
    .flatMap(({ status }) => (status?.http01Challenges ?? []) as readonly AcmeChallenge[])
    .toSorted((a, b) => ((a.url ?? "") < (b.url ?? "") ? -1 : 1));
}

/** The paths of the challenges on this host. */
export function challengePaths(challenges: readonly AcmeChallenge[], host: string): readonly IngressPath[] {
  return challenges.flatMap(({ url = "", serviceName = "", serviceNamespace = "", servicePort = 0 }) => {
    const [, , itsHost, ...path] = url.split("/");
    if (itsHost !== host) return [];
    return [{ path: `/${path.join("/")}`, splits: [{ serviceNamespace, serviceName, servicePort, percent: 100 }] }];
  });
}
