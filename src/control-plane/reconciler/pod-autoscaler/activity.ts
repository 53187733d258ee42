// What the Active condition of a PodAutoscaler becomes, from pods and want, and how many activators its ServerlessService asks for. Pure.
// Follows pkg/reconciler/autoscaling/kpa/kpa.go.

import {
  markActivating,
  markActive,
  markInitialized,
  markNoTraffic,
  markTimedOut,
} from "../../../apis/autoscaling/pod-autoscaler-lifecycle.ts";
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
  /** The pods that count as activated; see {@link minReady}. */
  readonly minReady: number;
  /** The status before this reconcile. */
  readonly active: ConditionStatus;
}

/** The table of Active: first match wins. */
function activityOf({ want, ready, minReady, active }: ActivityInput): Activity {
  if (want === 0 || minReady === 0) return active === "Unknown" && minReady > 0 ? "timed-out" : "inactive";
  if (want > 0 || active !== "False") return ready < minReady ? "activating" : "activated";
  return ready < minReady ? "inactive" : undefined;
}

/** How many ready pods make a revision active: before its first success all of the initial scale, later one, and always min-scale. */
function minReadyOf(initialized: boolean, bounds: { readonly min: number }, initialScale: number): number {
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

export interface Facts {
  /** -1: unknown. */
  readonly want: number;
  readonly ready: number;
  /** min-scale as it counts now. */
  readonly min: number;
  readonly initialScale: number;
  readonly initialized: boolean;
  /** The public service is there. */
  readonly hasService: boolean;
  readonly at: string;
}

/** The conditions with ScaleTargetInitialized and Active as they follow. */
export function concludeActivity(conditions: readonly Condition[], facts: Facts): readonly Condition[] {
  const { want, ready, at } = facts;
  // Before it is marked: the first success is measured by the initial scale.
  const minReady = minReadyOf(facts.initialized, facts, facts.initialScale);
  const isUp = ready >= minReady && facts.hasService;
  const initialized = isUp ? markInitialized(conditions, at) : conditions;
  const active = conditionOf(conditions, "Active")?.status ?? "Unknown";
  switch (activityOf({ want, ready, minReady, active })) {
    case "activated":
      return markActive(initialized, at);
    case "activating":
      return markActivating(initialized, at);
    case "timed-out":
      return markTimedOut(initialized, at);
    case "inactive":
      return markNoTraffic(initialized, at);
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

/** Pending and terminating pods are not ready ones too; finished pods do not count. */
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
