// Computes a Deployment's replicas from the autoscaler's scale: applies the scale bounds and the steps before zero.
// Source: pkg/reconciler/autoscaling/kpa/scaler.go.
import type { BoundRule } from "../../../apis/autoscaling/types.ts";
import type { ConditionStatus } from "../../../apis/meta/conditions.ts";

/** An activation may take this much longer than the progress deadline. */
const ACTIVATION_BUFFER_MS = 30_000;
/** In Proxy mode the ServerlessService does not change, so no event enqueues the PodAutoscaler. */
const RECHECK_PROXY_MS = 3_000;

export interface ScaleStepInput {
  /** The autoscaler's scale; -1: unknown. */
  readonly desired: number;
  /** 0 if the revision is unreachable. */
  readonly min: number;
  /** 0: no maximum. */
  readonly max: number;
  /** The revision has one pod, whatever the traffic needs. */
  readonly debugged?: boolean | undefined;
  readonly initialScale: number;
  readonly reachable: boolean;
  /** ScaleTargetInitialized is True. */
  readonly initialized: boolean;
  readonly active: { readonly status: ConditionStatus; readonly ageMs: number };
  /** Replicas of the Deployment; undefined counts as 1. */
  readonly replicas: number | undefined;
  readonly stableWindowMs: number;
  readonly enableScaleToZero: boolean;
  readonly progressDeadlineMs: number;
  readonly graceMs: number;
  /** 0 if the revision is unreachable. */
  readonly retentionMs: number;
  readonly targetBurstCapacity: number;
  /** ServerlessService spec.mode is Proxy. */
  readonly proxying: boolean;
  /** How long the activator has been in the request path; 0: the activator is not in the path. */
  readonly proxiedMs: number;
  /** Returns true if a probe has shown that the activator is in the request path. Asks for the probe. */
  readonly probe: () => boolean;
}

export interface ScaleStep {
  /** The scale that the PodAutoscaler reports; -1: unknown. */
  readonly want: number;
  /** Replicas to set on the Deployment; absent if they do not change. */
  readonly replicas?: number;
  readonly requeueAfterMs?: number;
  /** The activator probe has not succeeded yet. */
  readonly probeFailed?: true;
  readonly rule: BoundRule;
}

/** Scale to zero takes two steps: first the PodAutoscaler becomes inactive, then the replicas become 0. */
export function scaleStep(input: ScaleStepInput): ScaleStep {
  if (input.debugged) return apply(input, 1, "debugged");
  const activating = input.active.status === "Unknown";
  if (input.desired < 0 && !activating) return { want: input.desired, rule: "not-decided-yet" };
  const { scale, rule } = bounded(input);
  if (scale !== 0) return apply(input, scale, rule);
  if (!input.enableScaleToZero) return apply(input, 1, "scale-to-zero-disabled");
  if (activating) return fromActivating(input);
  return input.active.status === "True" ? fromActive(input) : fromInactive(input);
}

function bounded(input: ScaleStepInput): { readonly scale: number; readonly rule: BoundRule } {
  const appliesInitialScale = input.initialScale > 1 && !input.initialized && input.reachable;
  const min = appliesInitialScale ? Math.max(input.min, input.initialScale) : input.min;
  if (input.desired < min) return { scale: min, rule: min > input.min ? "initial-scale" : "min-scale" };
  if (input.max !== 0 && input.desired > input.max) return { scale: input.max, rule: "max-scale" };
  // Negative only while activating, when the number is unknown.
  return { scale: Math.max(0, input.desired), rule: "traffic" };
}

function apply(input: ScaleStepInput, scale: number, rule: BoundRule): ScaleStep {
  return { want: scale, rule, ...((input.replicas ?? 1) !== scale && { replicas: scale }) };
}

function fromActivating(input: ScaleStepInput): ScaleStep {
  const limitMs = input.progressDeadlineMs + ACTIVATION_BUFFER_MS;
  if (input.active.ageMs > limitMs) return apply(input, 0, "activation-failed");
  return { want: -1, requeueAfterMs: limitMs, rule: "activating" };
}

function fromActive(input: ScaleStepInput): ScaleStep {
  const leftMs = input.stableWindowMs - input.active.ageMs;
  if (leftMs > 0) return { ...apply(input, 1, "stable-window"), requeueAfterMs: leftMs };
  return { want: 0, rule: "idle", ...(input.proxying && { requeueAfterMs: RECHECK_PROXY_MS }) };
}

function fromInactive(input: ScaleStepInput): ScaleStep {
  if (input.targetBurstCapacity !== -1 && !input.probe())
    return { want: 0, probeFailed: true, rule: "waiting-for-activator" };
  const inactiveMs = input.active.ageMs;
  const { graceMs, retentionMs, proxiedMs } = input;
  if (inactiveMs >= Math.max(graceMs, retentionMs)) return apply(input, 0, "scaled-to-zero");
  if (inactiveMs < retentionMs) return { want: 0, requeueAfterMs: retentionMs - inactiveMs, rule: "retention" };
  if (proxiedMs >= graceMs) return apply(input, 0, "scaled-to-zero");
  return { want: 0, requeueAfterMs: graceMs - proxiedMs, rule: "grace" };
}
