// Computes the Active condition of a PodAutoscaler and the number of activators of its ServerlessService.
// Source: pkg/reconciler/autoscaling/kpa/kpa.go.
import * as lifecycle from "../../../apis/autoscaling/pod-autoscaler-lifecycle.ts";
import { isPodServing } from "../../../apis/core/pod.ts";
import type { Pod } from "../../../apis/core/types.ts";
import type { Condition, ConditionStatus } from "../../../apis/meta/conditions.ts";
import { conditionOf } from "../../../apis/meta/conditions.ts";
import type { Stored } from "../../../apis/meta/object.ts";

/** undefined: the condition stays as it is. */
type Activity = "activated" | "activating" | "timed-out" | "inactive" | undefined;

interface ActivityInput {
  readonly want: number;
  readonly ready: number;
  /** See {@link minReadyOf}. */
  readonly minReady: number;
  /** The status of Active before this reconcile. */
  readonly active: ConditionStatus;
}

function activityOf({ want, ready, minReady, active }: ActivityInput): Activity {
  if (want === 0 || minReady === 0) return active === "Unknown" && minReady > 0 ? "timed-out" : "inactive";
  if (want > 0 || active !== "False") return ready < minReady ? "activating" : "activated";
  return ready < minReady ? "inactive" : undefined;
}

/** Returns how many ready pods make a revision active: first its initial scale, later 1, and at least min-scale. */
function minReadyOf(initialized: boolean, bounds: { readonly min: number }, initialScale: number): number {
  return Math.max(bounds.min, initialized ? 1 : initialScale);
}

const FEWEST_ACTIVATORS = 2;

/** Returns enough activators for the capacity of the ready pods plus the target burst capacity. */
export function numActivatorsOf(
  ready: number,
  spec: { readonly totalValue: number; readonly targetBurstCapacity: number; readonly activatorCapacity: number },
): number {
  if (spec.targetBurstCapacity === 0) return FEWEST_ACTIVATORS;
  const capacity = ready * spec.totalValue + Math.max(0, spec.targetBurstCapacity);
  return Math.max(FEWEST_ACTIVATORS, Math.ceil(capacity / spec.activatorCapacity));
}

export interface ActivityFacts {
  /** -1: unknown. */
  readonly want: number;
  readonly ready: number;
  /** The effective min-scale. */
  readonly min: number;
  readonly initialScale: number;
  readonly initialized: boolean;
  /** The public Service exists. */
  readonly hasService: boolean;
  readonly at: string;
}

/** Updates the conditions ScaleTargetInitialized and Active. */
export function concludeActivity(conditions: readonly Condition[], facts: ActivityFacts): readonly Condition[] {
  const { want, ready, at } = facts;
  // The first activation needs the initial scale, so `minReady` is computed before `initialized` is marked.
  const minReady = minReadyOf(facts.initialized, facts, facts.initialScale);
  const isUp = ready >= minReady && facts.hasService;
  const initialized = isUp ? lifecycle.markInitialized(conditions, at) : conditions;
  const active = conditionOf(conditions, "Active")?.status ?? "Unknown";
  switch (activityOf({ want, ready, minReady, active })) {
    case "activated":
      return lifecycle.markActive(initialized, at);
    case "activating":
      return lifecycle.markActivating(initialized, at);
    case "timed-out":
      return lifecycle.markTimedOut(initialized, at);
    case "inactive":
      return lifecycle.markNoTraffic(initialized, at);
    default:
      return initialized;
  }
}

export interface PodCounts {
  readonly ready: number;
  readonly notReady: number;
  readonly pending: number;
  readonly terminating: number;
}

/** Counts pods by state. Pending and terminating pods also count as not ready. Ignores finished pods. */
export function countPods(pods: readonly Stored<Pod>[]): PodCounts {
  const counts = { ready: 0, notReady: 0, pending: 0, terminating: 0 };
  for (const pod of pods) {
    const { phase } = pod.status ?? {};
    if (phase === "Pending") counts.pending += 1;
    else if (phase !== "Running") continue;
    else if (pod.metadata.deletionTimestamp !== undefined) counts.terminating += 1;
    if (isPodServing(pod)) counts.ready += 1;
    else counts.notReady += 1;
  }
  return counts;
}
