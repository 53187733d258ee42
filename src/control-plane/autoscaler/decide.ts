// Computes how many pods the traffic of a revision needs. reconciler/pod-autoscaler applies min-scale, max-scale and
// scale to zero. Follows pkg/autoscaler/scaling/autoscaler.go.
import type { ScaleResult, TrafficRule } from "../../apis/autoscaling/types.ts";
import type { Time } from "../../base/clock.ts";
import type { ScalingMetric } from "./collection.ts";

/** The parameters of a decider, from its PodAutoscaler and config-autoscaler. */
export interface DeciderSpec {
  readonly metric: ScalingMetric;
  /** Target per pod, multiplied by the target utilization. */
  readonly targetValue: number;
  /** Target per pod, before the multiplication. */
  readonly totalValue: number;
  readonly targetBurstCapacity: number;
  readonly activatorCapacity: number;
  readonly maxScaleUpRate: number;
  readonly maxScaleDownRate: number;
  /** A ratio: 2 for 200 %. */
  readonly panicThreshold: number;
  readonly stableWindowMs: number;
  /** An existing decider keeps its first value. */
  readonly scaleDownDelayMs: number;
  readonly initialScale: number;
  /** 0: none. */
  readonly activationScale: number;
  readonly reachable: boolean;
}

/** The state of a decider between evaluations. */
export interface DeciderState {
  /** When the panic threshold was last reached; undefined: not panicking. */
  readonly panicTime?: Time | undefined;
  readonly maxPanicPods: number;
  readonly delay?: DelayWindow | undefined;
}

/** The input of one evaluation. */
export interface Observation {
  /** undefined: the metric has no data. */
  readonly averages: { readonly stable: number; readonly panic: number } | undefined;
  /** undefined: the pods could not be counted. */
  readonly readyPods: number | undefined;
}

/** The intermediate values of a decision, for explanations. */
interface DecisionTrace {
  readonly rule: TrafficRule;
  readonly panicking: boolean;
  readonly readyPods: number;
  readonly stable: number;
  readonly panic: number;
  /** Pods that the stable average needs, before any limit. */
  readonly stableWant: number;
  readonly panicWant: number;
  /** Before the scale-down delay. */
  readonly undelayed: number;
}

export interface ScaleDecision {
  readonly state: DeciderState;
  readonly result: ScaleResult;
  readonly trace: DecisionTrace;
}

const MIN_INT32 = -(2 ** 31);
/** Truncates as Go does on amd64. A value out of range becomes the smallest int32. */
const toInt32 = (value: number): number => {
  const cut = Math.trunc(value) + 0;
  return cut >= MIN_INT32 && cut < -MIN_INT32 ? cut : MIN_INT32;
};

/**
 * Returns the state of a new decider. With more than one ready pod, the decider starts in panic and so does not scale
 * down.
 */
export function makeDeciderState(spec: DeciderSpec, readyPods: number | undefined, now: Time): DeciderState {
  const maxPanicPods = readyPods ?? 0;
  return {
    maxPanicPods,
    panicTime: maxPanicPods > 1 ? now : undefined,
    delay: spec.scaleDownDelayMs > 0 ? makeDelayWindow(spec.scaleDownDelayMs) : undefined,
  };
}

/** Returns the scale to publish before the first evaluation. @see pkg/autoscaler/scaling/multiscaler.go */
export function makeInitialResult(spec: DeciderSpec): ScaleResult {
  const { targetBurstCapacity: burst } = spec;
  const excess = burst === 0 || burst === -1 ? burst : spec.initialScale * spec.totalValue - burst;
  return { desiredScale: -1, excessBurstCapacity: toInt32(excess), valid: true };
}

/** Evaluates once. Without data the state does not change, so panic does not end. */
export function decide(spec: DeciderSpec, state: DeciderState, seen: Observation, now: Time): ScaleDecision {
  if (seen.averages === undefined || seen.readyPods === undefined) return withoutData(state, seen);
  const { stable, panic } = seen.averages;
  const pods = Math.max(1, seen.readyPods);
  const stableWant = Math.ceil(stable / spec.targetValue);
  const panicWant = Math.ceil(panic / spec.targetValue);
  const scales = limited(spec, pods, stableWant, panicWant);
  const { panicTime, maxPanicPods } = panicAfter(spec, state, panicWant / pods, now);
  const panicking = panicTime !== undefined;
  const panicPods = panicking ? Math.max(maxPanicPods, scales.stable, scales.panic) : maxPanicPods;
  const undelayed = panicking ? panicPods : scales.stable;

  const delay = spec.reachable && state.delay ? recordDelayed(state.delay, now, undelayed) : state.delay;
  const delayed = spec.reachable ? delay?.recent[0]?.value : undefined;
  const desiredScale = delayed ?? undelayed;
  return {
    state: { maxPanicPods: panicPods, panicTime, delay },
    result: { desiredScale, excessBurstCapacity: excessBurstCapacity(spec, seen.readyPods, panic), valid: true },
    trace: {
      rule: ruleOf(),
      panicking,
      readyPods: seen.readyPods,
      stable,
      panic,
      stableWant,
      panicWant,
      undelayed,
    },
  };

  function ruleOf(): TrafficRule {
    if (desiredScale > undelayed) return "scale-down-delay";
    if (panicking && panicPods > scales.stable && panicPods > scales.panic) return "panic-holds";
    if (panicking && scales.panic > scales.stable) return "panic";
    if (undelayed === stableWant) return panicking ? "panic" : "stable";
    if (spec.activationScale > 1 && undelayed === spec.activationScale) return "activation-scale";
    return undelayed < stableWant ? "max-scale-up-rate" : "max-scale-down-rate";
  }
}

function withoutData(state: DeciderState, seen: Observation): ScaleDecision {
  return {
    state,
    result: { desiredScale: 0, excessBurstCapacity: 0, valid: false },
    trace: {
      rule: "no-data",
      panicking: state.panicTime !== undefined,
      readyPods: seen.readyPods ?? 0,
      stable: 0,
      panic: 0,
      stableWant: 0,
      panicWant: 0,
      undelayed: 0,
    },
  };
}

/** Applies the scale rates, then the activation scale. The activation scale can exceed max-scale-up-rate. */
function limited(
  spec: DeciderSpec,
  pods: number,
  stableWant: number,
  panicWant: number,
): { readonly stable: number; readonly panic: number } {
  const most = Math.ceil(spec.maxScaleUpRate * pods);
  const least = spec.reachable ? Math.floor(pods / spec.maxScaleDownRate) : 0;
  const limit = (want: number): number => {
    const scale = toInt32(Math.min(Math.max(want, least), most));
    return spec.activationScale > 1 && want > 0 ? Math.max(scale, spec.activationScale) : scale;
  };
  return { stable: limit(stableWant), panic: limit(panicWant) };
}

/** Starts, prolongs or ends panic. The end of panic resets `maxPanicPods`. */
function panicAfter(
  spec: DeciderSpec,
  state: DeciderState,
  ratio: number,
  now: Time,
): { readonly panicTime: Time | undefined; readonly maxPanicPods: number } {
  if (ratio >= spec.panicThreshold) return { panicTime: now, maxPanicPods: state.maxPanicPods };
  const over = state.panicTime !== undefined && state.panicTime + spec.stableWindowMs < now;
  return over
    ? { panicTime: undefined, maxPanicPods: 0 }
    : { panicTime: state.panicTime, maxPanicPods: state.maxPanicPods };
}

/** Returns the spare capacity of the ready pods. If negative, the activator stays in the request path. */
function excessBurstCapacity(spec: DeciderSpec, readyPods: number, panic: number): number {
  if (spec.targetBurstCapacity === 0) return 0;
  if (spec.targetBurstCapacity < 0) return -1;
  return toInt32(Math.floor(readyPods * spec.totalValue - spec.targetBurstCapacity - panic));
}

/** Returns true if the scale or the sign of the excess burst capacity changed (0 is positive). */
export function mustNotify(published: ScaleResult, result: ScaleResult): boolean {
  if (!result.valid) return false;
  return (
    published.desiredScale !== result.desiredScale ||
    published.excessBurstCapacity < 0 !== result.excessBurstCapacity < 0
  );
}

const SLOT_MS = 2000;

/**
 * The decisions within the last scale-down-delay, in slots of 2 s since the Unix epoch.
 * @see pkg/autoscaler/aggregation/max
 */
interface DelayWindow {
  readonly slots: number;
  /** Oldest first. Values fall strictly, because an entry is dropped when a newer one is at least as large. */
  readonly recent: readonly { readonly slot: number; readonly value: number }[];
}

function makeDelayWindow(delayMs: number): DelayWindow {
  return { slots: Math.ceil(delayMs / SLOT_MS), recent: [] };
}

function recordDelayed(window: DelayWindow, now: Time, value: number): DelayWindow {
  const slot = Math.floor(now / SLOT_MS);
  const newer = window.recent.filter((entry) => entry.slot > slot - window.slots && entry.value > value);
  // The slot already has a larger value.
  if (newer.at(-1)?.slot === slot) return { ...window, recent: newer };
  return { ...window, recent: [...newer, { slot, value }] };
}
