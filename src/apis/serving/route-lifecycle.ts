// How a Route's status follows its traffic, its certificates and its Ingress. Source: pkg/apis/serving/v1/route_lifecycle.go.
import { routeConditions } from "../meta/condition-sets.ts";
import { type Because, conditionOf } from "../meta/conditions.ts";
import type { IngressStatus } from "../networking/types.ts";
import { statusMarks } from "./status-lifecycle.ts";
import type { RouteStatus } from "./types.ts";

const TRAFFIC = "AllTrafficAssigned";
const INGRESS = "IngressReady";
const CERTIFICATE = "CertificateProvisioned";
const marks = statusMarks<RouteStatus>(routeConditions);

/** Every target stands for a ready revision. */
export function markTrafficAssigned(status: RouteStatus, at: string): RouteStatus {
  return marks.asTrue(status, TRAFFIC, at);
}

/** A target cannot be served; `failed`: waiting will not help. */
export function markTrafficProblem(
  status: RouteStatus,
  problem: Required<Because> & { readonly failed: boolean },
  at: string,
): RouteStatus {
  const { failed, reason, message } = problem;
  return failed
    ? marks.asFalse(status, TRAFFIC, at, { reason, message })
    : marks.asUnknown(status, TRAFFIC, at, { reason, message });
}

/** A domain or tag template gives no usable name. */
export function markDomainNameError(status: RouteStatus, message: string, at: string): RouteStatus {
  return marks.asFalse(status, TRAFFIC, at, { reason: "ErrorConfig", message });
}

/** TLS is off, for the reason that the message gives. */
export function markTlsNotEnabled(status: RouteStatus, message: string, at: string): RouteStatus {
  return marks.asTrue(status, CERTIFICATE, at, { reason: "TLSNotEnabled", message });
}

export function markCertificateReady(status: RouteStatus, at: string): RouteStatus {
  return marks.asTrue(status, CERTIFICATE, at);
}

/** `why`: the certificate's own reason, possibly empty. */
export function markCertificateNotReady(status: RouteStatus, name: string, why: string, at: string): RouteStatus {
  const message = `Certificate ${name} is not ready: ${why}`;
  return marks.asUnknown(status, CERTIFICATE, at, { reason: "CertificateNotReady", message });
}

/** `why`: the certificate's own reason, possibly empty. */
export function markCertificateFailed(status: RouteStatus, name: string, why: string, at: string): RouteStatus {
  const message = `Certificate ${name} fails to be provisioned: ${why}`;
  return marks.asFalse(status, CERTIFICATE, at, { reason: "CertificateProvisionFailed", message });
}

export function markCertificateNotOwned(status: RouteStatus, name: string, at: string): RouteStatus {
  const message = `There is an existing certificate ${name} that we don't own.`;
  return marks.asFalse(status, CERTIFICATE, at, { reason: "CertificateNotOwned", message });
}

/** The certificate is not there yet, so the Route answers by plain HTTP meanwhile. */
export function markHttpDowngrade(status: RouteStatus, name: string, at: string): RouteStatus {
  const message = `Certificate ${name} is not ready downgrade HTTP.`;
  return marks.asTrue(status, CERTIFICATE, at, { reason: "HTTPDowngrade", message });
}

export function markIngressNotConfigured(status: RouteStatus, at: string): RouteStatus {
  const message = "Ingress has not yet been reconciled.";
  return marks.asUnknown(status, INGRESS, at, { reason: "IngressNotConfigured", message });
}

export function markRolloutInProgress(status: RouteStatus, at: string): RouteStatus {
  const message = "A gradual rollout of the latest revision(s) is in progress.";
  return marks.asUnknown(status, INGRESS, at, { reason: "RolloutInProgress", message });
}

/** `kind`: `Service` or `Endpoint`. */
export function markPlaceholderNotOwned(status: RouteStatus, kind: string, name: string, at: string): RouteStatus {
  const message = `There is an existing placeholder ${kind} "${name}" that we do not own.`;
  return marks.asFalse(status, INGRESS, at, { reason: "NotOwned", message });
}

/** Lifts the Ingress' readiness; one without conditions counts as not configured. */
export function propagateIngressStatus(status: RouteStatus, ingress: IngressStatus, at: string): RouteStatus {
  const ready = conditionOf(ingress.conditions, "Ready");
  return ready ? marks.copied(status, INGRESS, at, ready) : markIngressNotConfigured(status, at);
}
