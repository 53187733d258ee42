// What Routes and DomainMappings do alike with a Certificate that is theirs: make it, keep it, read its challenges.
// Source: pkg/reconciler/accessor/networking/certificate.go.
import type { AnyObject } from "../../../apis/meta/object.ts";
import type { Certificate, Ingress, IngressPath } from "../../../apis/networking/types.ts";
import { holdWhole, isAsWanted } from "../ownership.ts";
import type { Gathering } from "../pass.ts";

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

/** Plans to make the Certificate, or to bring it back to what is wanted; each is told as an event. */
export function holdCertificate(plan: Gathering, wanted: Certificate, existing: Certificate | undefined): void {
  const { name, namespace = "" } = wanted.metadata;
  if (existing && isAsWanted(existing, wanted)) return;
  const [reason, what] = existing ? ["Updated", "Updated Spec for Certificate"] : ["Created", "Created Certificate"];
  plan.events.push({ type: "Normal", reason, message: `${what} ${namespace}/${name}` });
  plan.ensure.push(holdWhole(wanted));
}

/** The failure when a Certificate of that name belongs to somebody else, in Knative's words. */
export function notOwnedText(owner: AnyObject, certificate: Certificate): string {
  const goType = owner.kind === "Route" ? "*v1.Route" : "*v1beta1.DomainMapping";
  return `owner: ${owner.metadata.name} with Type ${goType} does not own Certificate: "${certificate.metadata.name}"`;
}

/** All challenges that an authority set for these Certificates, in order of their URLs. */
export function challengesOf(certificates: readonly Certificate[]): readonly AcmeChallenge[] {
  return certificates
    .flatMap(({ status }) => (status?.http01Challenges ?? []) as readonly AcmeChallenge[])
    .toSorted((a, b) => ((a.url ?? "") < (b.url ?? "") ? -1 : 1));
}

/** The paths on that host by which an authority asks whether it is ours. */
export function challengePaths(challenges: readonly AcmeChallenge[], host: string): readonly IngressPath[] {
  return challenges.flatMap(({ url = "", serviceName = "", serviceNamespace = "", servicePort = 0 }) => {
    const [, , itsHost, ...path] = url.split("/");
    if (itsHost !== host) return [];
    return [{ path: `/${path.join("/")}`, splits: [{ serviceNamespace, serviceName, servicePort, percent: 100 }] }];
  });
}
