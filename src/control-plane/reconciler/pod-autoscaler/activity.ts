// What the Active condition of a PodAutoscaler becomes, from pods and want, and how many activators its ServerlessService asks for. Pure.
// Follows pkg/reconciler/autoscaling/kpa/kpa.go.
import type { ConditionStatus } from "../../../apis/meta/condition.ts";

/** undefined: the condition stays as it is. */
export type Activity = "activated" | "activating" | "timed-out" | "inactive" | undefined;

export interface ActivityInput {
  readonly want: number;
  readonly ready: number;
  /** The pods that count as activated; see {@link minReady}. */
  readonly minReady: number;
  /** The status before this reconcile. */
  readonly active: ConditionStatus;
}

/** The table of Active: first match wins. */
export function activityOf({ want, ready, minReady, active }: ActivityInput): Activity {
  if (want === 0 || minReady === 0) return active === "Unknown" && minReady > 0 ? "timed-out" : "inactive";
  if (want > 0 || active !== "False") return ready < minReady ? "activating" : "activated";
  return ready < minReady ? "inactive" : undefined;
}

/** How many ready pods make a revision active: before its first success all of the initial scale, later one, and always min-scale. */
export function minReadyOf(initialized: boolean, bounds: { readonly min: number }, initialScale: number): number {
  return Math.max(bounds.min, initialized ? 1 : initialScale);
}

const FEWEST_ACTIVATORS = 2;

/** Enough activators for the capacity of the ready pods plus the burst wanted. */
export function numActivatorsOf(
  ready: number,
  spec: { readonly totalValue: number; readonly targetBurstCapacity: number; readonly activatorCapacity: number },
): number {
  if (spec.targetBurstCapacity === 0) return FEWEST_ACTIVATORS;
  const capacity = ready * spec.totalValue + Math.max(0, spec.targetBurstCapacity);
  return Math.max(FEWEST_ACTIVATORS, Math.ceil(capacity / spec.activatorCapacity));
}
