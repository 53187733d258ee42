// Sets the conditions of a ServerlessService. Pure.
// Source: networking/pkg/apis/networking/v1alpha1/serverlessservice_lifecycle.go.
import type { Condition } from "../meta/conditions.ts";
import { serverlessServiceConditions as set } from "../meta/conditions.ts";

type Conditions = readonly Condition[];

export function markEndpointsReady(conditions: Conditions, at: string): Conditions {
  return set.markTrue(conditions, "EndpointsPopulated", at);
}

export function markEndpointsNotReady(conditions: Conditions, reason: string, at: string): Conditions {
  return set.markUnknown(conditions, "EndpointsPopulated", at, { reason, message: "K8s Service is not ready" });
}

export function markEndpointsNotOwned(conditions: Conditions, kind: string, name: string, at: string): Conditions {
  const message = `Resource ${name} of type ${kind} is not owned by SKS`;
  return set.markFalse(conditions, "EndpointsPopulated", at, { reason: "NotOwned", message });
}

/** Sets ActivatorEndpointsPopulated, an Info condition. As in Knative, reason and message do not depend on `inPath`. */
export function markActivatorInPath(conditions: Conditions, inPath: boolean, at: string): Conditions {
  const mark = {
    type: "ActivatorEndpointsPopulated",
    status: inPath ? "True" : "False",
    reason: "ActivatorEndpointsPopulated",
    message: "Revision is backed by Activator",
  } as const;
  return set.markInfo(conditions, mark, at);
}
