// Changes the status of a DomainMapping. Source: pkg/apis/serving/v1beta1/domainmapping_lifecycle.go.
import { conditionOf, domainMappingConditions } from "../meta/conditions.ts";
import type { IngressStatus } from "../networking/types.ts";
import { makeStatusConditions } from "./status-conditions.ts";
import type { DomainMappingStatus } from "./types.ts";

const CLAIMED = "DomainClaimed";
const CERTIFICATE = "CertificateProvisioned";
const REFERENCE = "ReferenceResolved";
const INGRESS = "IngressReady";
const conditions = makeStatusConditions<DomainMappingStatus>(domainMappingConditions);

export function markDomainClaimed(status: DomainMappingStatus, at: string): DomainMappingStatus {
  return conditions.markTrue(status, CLAIMED, at);
}

export function markDomainClaimNotOwned(status: DomainMappingStatus, at: string): DomainMappingStatus {
  const message = "The domain name is already in use by another DomainMapping";
  return conditions.markFalse(status, CLAIMED, at, { reason: "DomainAlreadyClaimed", message });
}

export function markDomainTlsNotEnabled(status: DomainMappingStatus, message: string, at: string): DomainMappingStatus {
  return conditions.markTrue(status, CERTIFICATE, at, { reason: "TLSNotEnabled", message });
}

export function markCertificateProvided(status: DomainMappingStatus, at: string): DomainMappingStatus {
  const message = "TLS certificate was provided externally";
  return conditions.markTrue(status, CERTIFICATE, at, { reason: "CertificateExternallyProvided", message });
}

export function markDomainCertificateReady(status: DomainMappingStatus, at: string): DomainMappingStatus {
  return conditions.markTrue(status, CERTIFICATE, at);
}

export function markDomainCertificateNotReady(
  status: DomainMappingStatus,
  name: string,
  at: string,
): DomainMappingStatus {
  const message = `Certificate ${name} is not ready.`;
  return conditions.markUnknown(status, CERTIFICATE, at, { reason: "CertificateNotReady", message });
}

export function markDomainCertificateNotOwned(
  status: DomainMappingStatus,
  name: string,
  at: string,
): DomainMappingStatus {
  const message = `There is an existing certificate ${name} that we don't own.`;
  return conditions.markFalse(status, CERTIFICATE, at, { reason: "CertificateNotOwned", message });
}

export function markDomainHttpDowngrade(status: DomainMappingStatus, name: string, at: string): DomainMappingStatus {
  const message = `Certificate ${name} is not ready downgrade HTTP.`;
  return conditions.markTrue(status, CERTIFICATE, at, { reason: "HTTPDowngrade", message });
}

export function markReferenceResolved(status: DomainMappingStatus, at: string): DomainMappingStatus {
  return conditions.markTrue(status, REFERENCE, at);
}

export function markReferenceNotResolved(status: DomainMappingStatus, why: string, at: string): DomainMappingStatus {
  return conditions.markFalse(status, REFERENCE, at, { reason: "ResolveFailed", message: why });
}

export function markDomainIngressNotConfigured(status: DomainMappingStatus, at: string): DomainMappingStatus {
  const message = "Ingress has not yet been reconciled.";
  return conditions.markUnknown(status, INGRESS, at, { reason: "IngressNotConfigured", message });
}

/** Copies the Ingress' Ready condition; an Ingress without one counts as not configured. */
export function propagateDomainIngressStatus(
  status: DomainMappingStatus,
  ingress: IngressStatus,
  at: string,
): DomainMappingStatus {
  const ready = conditionOf(ingress.conditions, "Ready");
  return ready ? conditions.copy(status, INGRESS, at, ready) : markDomainIngressNotConfigured(status, at);
}
