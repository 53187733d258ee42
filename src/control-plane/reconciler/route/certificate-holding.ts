// Plans Certificates of Routes and DomainMappings, and makes Ingress paths of their ACME challenges.
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

/** Plans to create or correct the Certificate, and records an event. */
export function ensureCertificate(plan: PlanBuilder, wanted: Certificate, existing: Certificate | undefined): void {
  const { namespace = "", name } = wanted.metadata;
  if (existing && isAsWanted(existing, wanted)) return;
  const [reason, what] = existing ? ["Updated", "Updated Spec for Certificate"] : ["Created", "Created Certificate"];
  plan.events.push({ type: "Normal", reason, message: `${what} ${namespacedName({ namespace, name })}` });
  plan.ensure.push(ensureWhole(wanted));
}

/** Returns Knative's error text for a Certificate that another object owns. */
export function notOwnedText(owner: AnyObject, certificate: Certificate): string {
  const goType = owner.kind === "Route" ? "*v1.Route" : "*v1beta1.DomainMapping";
  return `owner: ${owner.metadata.name} with Type ${goType} does not own Certificate: "${certificate.metadata.name}"`;
}

/** Returns the ACME challenges of these Certificates, sorted by URL. */
export function challengesOf(certificates: readonly Certificate[]): readonly AcmeChallenge[] {
  return certificates
    .flatMap(({ status }) => (status?.http01Challenges ?? []) as readonly AcmeChallenge[])
    .toSorted((a, b) => ((a.url ?? "") < (b.url ?? "") ? -1 : 1));
}

/** Returns the host of the challenge's URL. */
export function hostOfChallenge({ url = "" }: AcmeChallenge): string {
  return url.split("/")[2] ?? "";
}

/** Makes the Ingress path that sends the requests of a challenge to its solver. */
export function challengePath(challenge: AcmeChallenge): IngressPath {
  const { url = "", serviceName = "", serviceNamespace = "", servicePort = 0 } = challenge;
  const path = `/${url.split("/").slice(3).join("/")}`;
  return { path, splits: [{ serviceNamespace, serviceName, servicePort, percent: 100 }] };
}
