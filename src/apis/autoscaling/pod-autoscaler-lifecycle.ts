// Sets and reads the conditions of a PodAutoscaler.
// Source: pkg/apis/autoscaling/v1alpha1/pa_lifecycle.go.
import type { Time } from "../../base/clock.ts";
import { parseTime } from "../../base/time.ts";
import type { Condition, ConditionStatus } from "../meta/conditions.ts";
import { conditionOf, isConditionTrue, podAutoscalerConditions as set } from "../meta/conditions.ts";

type Conditions = readonly Condition[];

export function markActive(conditions: Conditions, at: string): Conditions {
  return set.markTrue(conditions, "Active", at);
}

/** Sets Active to Unknown while pods start. */
export function markActivating(conditions: Conditions, at: string): Conditions {
  const message = "Requests to the target are being buffered as resources are provisioned.";
  return set.markUnknown(conditions, "Active", at, { reason: "Queued", message });
}

export function markNoTraffic(conditions: Conditions, at: string): Conditions {
  return set.markFalse(conditions, "Active", at, {
    reason: "NoTraffic",
    message: "The target is not receiving traffic.",
  });
}

export function markTimedOut(conditions: Conditions, at: string): Conditions {
  return set.markFalse(conditions, "Active", at, {
    reason: "TimedOut",
    message: "The target could not be activated.",
  });
}

export function markNotOwned(conditions: Conditions, kind: string, name: string, at: string): Conditions {
  const message = `There is an existing ${kind} "${name}" that we do not own.`;
  return set.markFalse(conditions, "Active", at, { reason: "NotOwned", message });
}

export function markServiceReady(conditions: Conditions, at: string): Conditions {
  return set.markTrue(conditions, "SKSReady", at);
}

export function markServiceNotReady(conditions: Conditions, message: string, at: string): Conditions {
  return set.markUnknown(conditions, "SKSReady", at, { reason: "NotReady", message });
}

/** Knative never sets this condition back to False. */
export function markInitialized(conditions: Conditions, at: string): Conditions {
  return set.markTrue(conditions, "ScaleTargetInitialized", at);
}

export function isInitialized(conditions: Conditions | undefined): boolean {
  return isConditionTrue(conditions, "ScaleTargetInitialized");
}

/**
 * Returns the status of the Active condition and the time since its last transition; Unknown and 0 without the
 * condition.
 */
export function activityAge(
  conditions: Conditions | undefined,
  now: Time,
): { readonly status: ConditionStatus; readonly ageMs: number } {
  const active = conditionOf(conditions, "Active");
  return { status: active?.status ?? "Unknown", ageMs: ageMs(active, now) };
}

/** Milliseconds since a condition's last transition; 0 if it is missing. */
export function ageMs(condition: Condition | undefined, now: Time): number {
  const since = parseTime(condition?.lastTransitionTime ?? "");
  return since === undefined ? 0 : now - since;
}
