// Changes the status of a Route. Source: pkg/apis/serving/v1/route_lifecycle.go.
import { type ConditionReason, conditionOf, routeConditions } from "../meta/conditions.ts";
import type { IngressStatus } from "../networking/types.ts";
import { makeStatusConditions } from "./status-conditions.ts";
import type { RouteStatus } from "./types.ts";

const TRAFFIC = "AllTrafficAssigned";
const INGRESS = "IngressReady";
const CERTIFICATE = "CertificateProvisioned";
const conditions = makeStatusConditions<RouteStatus>(routeConditions);

/** Sets AllTrafficAssigned to True: every traffic target has a ready Revision. */
export function markTrafficAssigned(status: RouteStatus, at: string): RouteStatus {
  return conditions.markTrue(status, TRAFFIC, at);
}

/**
 * Sets AllTrafficAssigned because a traffic target has no ready Revision: to False if `failed` (no Revision will become
 * ready), else to Unknown.
 */
export function markTrafficProblem(
  status: RouteStatus,
  problem: Required<ConditionReason> & { readonly failed: boolean },
  at: string,
): RouteStatus {
  const { failed, reason, message } = problem;
  return failed
    ? conditions.markFalse(status, TRAFFIC, at, { reason, message })
    : conditions.markUnknown(status, TRAFFIC, at, { reason, message });
}

/** Called when a domain or tag template renders no valid host name. */
export function markDomainNameError(status: RouteStatus, message: string, at: string): RouteStatus {
  return conditions.markFalse(status, TRAFFIC, at, { reason: "ErrorConfig", message });
}

export function markTlsNotEnabled(status: RouteStatus, message: string, at: string): RouteStatus {
  return conditions.markTrue(status, CERTIFICATE, at, { reason: "TLSNotEnabled", message });
}

export function markCertificateReady(status: RouteStatus, at: string): RouteStatus {
  return conditions.markTrue(status, CERTIFICATE, at);
}

/** `why` is the message of the certificate's Ready condition, or "". */
export function markCertificateNotReady(status: RouteStatus, name: string, why: string, at: string): RouteStatus {
  const message = `Certificate ${name} is not ready: ${why}`;
  return conditions.markUnknown(status, CERTIFICATE, at, { reason: "CertificateNotReady", message });
}

/** `why` is the message of the certificate's Ready condition, or "". */
export function markCertificateFailed(status: RouteStatus, name: string, why: string, at: string): RouteStatus {
  const message = `Certificate ${name} fails to be provisioned: ${why}`;
  return conditions.markFalse(status, CERTIFICATE, at, { reason: "CertificateProvisionFailed", message });
}

export function markCertificateNotOwned(status: RouteStatus, name: string, at: string): RouteStatus {
  const message = `There is an existing certificate ${name} that we don't own.`;
  return conditions.markFalse(status, CERTIFICATE, at, { reason: "CertificateNotOwned", message });
}

/** Called when the Route serves plain HTTP until the certificate is ready. */
export function markHttpDowngrade(status: RouteStatus, name: string, at: string): RouteStatus {
  const message = `Certificate ${name} is not ready downgrade HTTP.`;
  return conditions.markTrue(status, CERTIFICATE, at, { reason: "HTTPDowngrade", message });
}

export function markIngressNotConfigured(status: RouteStatus, at: string): RouteStatus {
  const message = "Ingress has not yet been reconciled.";
  return conditions.markUnknown(status, INGRESS, at, { reason: "IngressNotConfigured", message });
}

export function markRolloutInProgress(status: RouteStatus, at: string): RouteStatus {
  const message = "A gradual rollout of the latest revision(s) is in progress.";
  return conditions.markUnknown(status, INGRESS, at, { reason: "RolloutInProgress", message });
}

/** `kind` is `Service` or `Endpoint`. */
export function markPlaceholderNotOwned(status: RouteStatus, kind: string, name: string, at: string): RouteStatus {
  const message = `There is an existing placeholder ${kind} "${name}" that we do not own.`;
  return conditions.markFalse(status, INGRESS, at, { reason: "NotOwned", message });
}

/** Copies the Ingress' Ready condition; an Ingress without one counts as not configured. */
export function propagateIngressStatus(status: RouteStatus, ingress: IngressStatus, at: string): RouteStatus {
  const ready = conditionOf(ingress.conditions, "Ready");
  return ready ? conditions.copy(status, INGRESS, at, ready) : markIngressNotConfigured(status, at);
}
