// Writes what a PodAutoscaler's pods and want say about it into its conditions: initialised, and active or why not.
// Source: pkg/reconciler/autoscaling/kpa/kpa.go (computeActiveCondition).
import {
  markActivating,
  markActive,
  markInitialized,
  markNoTraffic,
  markTimedOut,
} from "../../../apis/autoscaling/pod-autoscaler-lifecycle.ts";
import type { Condition } from "../../../apis/meta/condition.ts";
import { conditionOf } from "../../../apis/meta/conditions.ts";
import { activityOf, minReadyOf } from "./activity.ts";

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
