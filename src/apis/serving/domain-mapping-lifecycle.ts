// The transitions of a DomainMapping's status.
// Source: pkg/apis/serving/v1beta1/domainmapping_lifecycle.go.
import { conditionOf, domainMappingConditions } from "../meta/conditions.ts";
import type { IngressStatus } from "../networking/types.ts";
import { statusMarks } from "./status-lifecycle.ts";
import type { DomainMappingStatus } from "./types.ts";

const CLAIMED = "DomainClaimed";
const CERTIFICATE = "CertificateProvisioned";
const REFERENCE = "ReferenceResolved";
const INGRESS = "IngressReady";
const marks = statusMarks<DomainMappingStatus>(domainMappingConditions);

export function markDomainClaimed(status: DomainMappingStatus, at: string): DomainMappingStatus {
  return marks.asTrue(status, CLAIMED, at);
}

export function markDomainClaimNotOwned(status: DomainMappingStatus, at: string): DomainMappingStatus {
  const message = "The domain name is already in use by another DomainMapping";
  return marks.asFalse(status, CLAIMED, at, { reason: "DomainAlreadyClaimed", message });
}

export function markDomainTlsNotEnabled(status: DomainMappingStatus, message: string, at: string): DomainMappingStatus {
  return marks.asTrue(status, CERTIFICATE, at, { reason: "TLSNotEnabled", message });
}

export function markCertificateProvided(status: DomainMappingStatus, at: string): DomainMappingStatus {
  const message = "TLS certificate was provided externally";
  return marks.asTrue(status, CERTIFICATE, at, { reason: "CertificateExternallyProvided", message });
}

export function markDomainCertificateReady(status: DomainMappingStatus, at: string): DomainMappingStatus {
  return marks.asTrue(status, CERTIFICATE, at);
}

export function markDomainCertificateNotReady(
  status: DomainMappingStatus,
  name: string,
  at: string,
): DomainMappingStatus {
  const message = `Certificate ${name} is not ready.`;
  return marks.asUnknown(status, CERTIFICATE, at, { reason: "CertificateNotReady", message });
}

export function markDomainCertificateNotOwned(
  status: DomainMappingStatus,
  name: string,
  at: string,
): DomainMappingStatus {
  const message = `There is an existing certificate ${name} that we don't own.`;
  return marks.asFalse(status, CERTIFICATE, at, { reason: "CertificateNotOwned", message });
}

export function markDomainHttpDowngrade(status: DomainMappingStatus, name: string, at: string): DomainMappingStatus {
  const message = `Certificate ${name} is not ready downgrade HTTP.`;
  return marks.asTrue(status, CERTIFICATE, at, { reason: "HTTPDowngrade", message });
}

export function markReferenceResolved(status: DomainMappingStatus, at: string): DomainMappingStatus {
  return marks.asTrue(status, REFERENCE, at);
}

export function markReferenceNotResolved(status: DomainMappingStatus, why: string, at: string): DomainMappingStatus {
  return marks.asFalse(status, REFERENCE, at, { reason: "ResolveFailed", message: why });
}

export function markDomainIngressNotConfigured(status: DomainMappingStatus, at: string): DomainMappingStatus {
  const message = "Ingress has not yet been reconciled.";
  return marks.asUnknown(status, INGRESS, at, { reason: "IngressNotConfigured", message });
}

/** Copies the Ingress' Ready condition; an Ingress without one counts as not configured. */
export function propagateDomainIngressStatus(
  status: DomainMappingStatus,
  ingress: IngressStatus,
  at: string,
): DomainMappingStatus {
  const ready = conditionOf(ingress.conditions, "Ready");
  return ready ? marks.copied(status, INGRESS, at, ready) : markDomainIngressNotConfigured(status, at);
}
