// The decision: how many pods a revision wants, from what was observed. Pure, one evaluation at a time; bounds and scale to zero are not its
// business. Follows pkg/autoscaler/scaling/autoscaler.go, in its order.
import type { ScaleResult } from "../../apis/autoscaling/types.ts";
import type { Time } from "../../base/clock.ts";
import type { ScalingMetric } from "./collection.ts";
import { type DelayWindow, makeDelayWindow, maximumOf, recordDelayed } from "./delay-window.ts";

/** All that a decider needs to know of its PodAutoscaler and of config-autoscaler; read anew at each evaluation. */
export interface DeciderSpec {
  readonly metric: ScalingMetric;
  /** Per pod, after utilization. */
  readonly targetValue: number;
  /** Per pod, before utilization. */
  readonly totalValue: number;
  readonly targetBurstCapacity: number;
  readonly activatorCapacity: number;
  readonly maxScaleUpRate: number;
  readonly maxScaleDownRate: number;
  /** A ratio: 2 for 200 %. */
  readonly panicThreshold: number;
  readonly stableWindowMs: number;
  /** Counts only when the decider is created. */
  readonly scaleDownDelayMs: number;
  readonly initialScale: number;
  /** 0: none. */
  readonly activationScale: number;
  readonly reachable: boolean;
}

/** What a decider remembers between evaluations. */
export interface DeciderState {
  /** When the panic threshold was last reached; absent: not panicking. */
  readonly panicTime?: Time;
  readonly maxPanicPods: number;
  readonly delay?: DelayWindow;
}

/** What an evaluation sees. */
export interface Observation {
  /** undefined: the metric has no data. */
  readonly averages: { readonly stable: number; readonly panic: number } | undefined;
  /** undefined: the pods could not be counted. */
  readonly readyPods: number | undefined;
}

/** The rule that gave a decision its last word. */
export type DecisionRule =
  | "no-data"
  | "stable"
  | "panic"
  | "panic-holds"
  | "max-scale-up-rate"
  | "max-scale-down-rate"
  | "activation-scale"
  | "scale-down-delay";

/** How a decision came about, for explain. */
export interface DecisionTrace {
  readonly rule: DecisionRule;
  readonly panicking: boolean;
  readonly readyPods: number;
  readonly stable: number;
  readonly panic: number;
  /** What the two averages ask for, before rates and everything else. */
  readonly stableWant: number;
  readonly panicWant: number;
  /** Before the scale-down delay. */
  readonly undelayed: number;
}

export interface Decision {
  readonly state: DeciderState;
  readonly result: ScaleResult;
  readonly trace: DecisionTrace;
}

const MIN_INT32 = -(2 ** 31);
/** Go's conversion on amd64: cut, and everything out of range becomes the smallest number. */
const toInt32 = (value: number): number => {
  const cut = Math.trunc(value) + 0;
  return cut >= MIN_INT32 && cut < -MIN_INT32 ? cut : MIN_INT32;
};

/** The state of a new decider. More than one ready pod starts in panic, so that a restart drops none. */
export function makeDeciderState(spec: DeciderSpec, readyPods: number | undefined, now: Time): DeciderState {
  const maxPanicPods = readyPods ?? 0;
  return {
    maxPanicPods,
    ...(maxPanicPods > 1 && { panicTime: now }),
    ...(spec.scaleDownDelayMs > 0 && { delay: makeDelayWindow(spec.scaleDownDelayMs) }),
  };
}

/** What is published before the first evaluation (pkg/autoscaler/scaling/multiscaler.go). */
export function makeInitialResult(spec: DeciderSpec): ScaleResult {
  const { targetBurstCapacity: burst } = spec;
  const excess = burst === 0 || burst === -1 ? burst : spec.initialScale * spec.totalValue - burst;
  return { desiredScale: -1, excessBurstCapacity: toInt32(excess), valid: true };
}

/** One evaluation. With an invalid observation nothing changes: neither panic nor the delay window. */
export function decide(spec: DeciderSpec, state: DeciderState, seen: Observation, now: Time): Decision {
  if (seen.averages === undefined || seen.readyPods === undefined) return undecided(state, seen);
  const { stable, panic } = seen.averages;
  const pods = Math.max(1, seen.readyPods);
  const stableWant = Math.ceil(stable / spec.targetValue);
  const panicWant = Math.ceil(panic / spec.targetValue);
  const scales = limited(spec, pods, stableWant, panicWant);
  const { panicTime, maxPanicPods } = panicAfter(spec, state, panicWant / pods, now);
  const panicking = panicTime !== undefined;
  const held = panicking ? Math.max(maxPanicPods, scales.stable, scales.panic) : maxPanicPods;
  const undelayed = panicking ? held : scales.stable;

  const delay = spec.reachable && state.delay ? recordDelayed(state.delay, now, undelayed) : state.delay;
  const delayed = spec.reachable && delay ? maximumOf(delay) : undefined;
  const desiredScale = delayed ?? undelayed;
  return {
    state: {
      maxPanicPods: held,
      ...(panicking && { panicTime }),
      ...(delay && { delay }),
    },
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

  function ruleOf(): DecisionRule {
    if (desiredScale > undelayed) return "scale-down-delay";
    if (panicking && held > scales.stable && held > scales.panic) return "panic-holds";
    if (panicking && scales.panic > scales.stable) return "panic";
    if (undelayed === stableWant) return panicking ? "panic" : "stable";
    if (spec.activationScale > 1 && undelayed === spec.activationScale) return "activation-scale";
    return undelayed < stableWant ? "max-scale-up-rate" : "max-scale-down-rate";
  }
}

function undecided(state: DeciderState, seen: Observation): Decision {
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

/** Rates bound both wants; the activation scale then lifts them, even over the upper rate. */
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

/** Enters, prolongs or leaves panic. Entering keeps the high-water mark; leaving clears it. */
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

/** What the pods could take beyond the burst capacity wanted; negative: the activator stays in the path. */
function excessBurstCapacity(spec: DeciderSpec, readyPods: number, panic: number): number {
  if (spec.targetBurstCapacity === 0) return 0;
  if (spec.targetBurstCapacity < 0) return -1;
  return toInt32(Math.floor(readyPods * spec.totalValue - spec.targetBurstCapacity - panic));
}

/** Whether the PodAutoscaler must look again: another scale, or the burst capacity changed its sign (0 is positive). */
export function mustNotify(published: ScaleResult, result: ScaleResult): boolean {
  if (!result.valid) return false;
  return (
    published.desiredScale !== result.desiredScale ||
    published.excessBurstCapacity < 0 !== result.excessBurstCapacity < 0
  );
}
