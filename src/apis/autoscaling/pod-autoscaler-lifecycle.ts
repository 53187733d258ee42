// The conditions of a PodAutoscaler: how each comes to be, and what they are asked. Pure; decides nothing about scale.
// Source: pkg/apis/autoscaling/v1alpha1/pa_lifecycle.go.
import type { Time } from "../../base/clock.ts";
import { parseTime } from "../../base/time.ts";
import type { Condition, ConditionStatus } from "../meta/condition.ts";
import { podAutoscalerConditions as set } from "../meta/condition-sets.ts";
import { conditionOf, isConditionTrue } from "../meta/conditions.ts";

type Conditions = readonly Condition[];

export function markActive(conditions: Conditions, at: string): Conditions {
  return set.markTrue(conditions, "Active", at);
}

/** Requests wait in the activator until enough pods are ready. */
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

/** Once True, nothing takes it back. */
export function markInitialized(conditions: Conditions, at: string): Conditions {
  return set.markTrue(conditions, "ScaleTargetInitialized", at);
}

export function isInitialized(conditions: Conditions | undefined): boolean {
  return isConditionTrue(conditions, "ScaleTargetInitialized");
}

/** The Active condition and for how long it has been as it is. Unknown since just now when there is none yet. */
export function activityAge(
  conditions: Conditions | undefined,
  now: Time,
): { readonly status: ConditionStatus; readonly ageMs: number } {
  const active = conditionOf(conditions, "Active");
  return { status: active?.status ?? "Unknown", ageMs: ageMs(active, now) };
}

/** How long a condition has been as it is; 0 when there is none. */
export function ageMs(condition: Condition | undefined, now: Time): number {
  const since = parseTime(condition?.lastTransitionTime ?? "");
  return since === undefined ? 0 : now - since;
}
