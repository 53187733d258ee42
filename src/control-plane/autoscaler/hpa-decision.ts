// The decision of Kubernetes' HorizontalPodAutoscaler for one revision, as a pure function: what Knative's HPA class relies on a cluster for.
// Behaviour of Kubernetes' pkg/controller/podautoscaler with default policies; it knows nothing of requests or windows of Knative.
import type { Time } from "../../base/clock.ts";

/** Kubernetes looks this often. */
export const HPA_PERIOD_MS = 15_000;
/** Within this share of the target nothing changes. */
const TOLERANCE = 0.1;
export const DEFAULT_DOWN_WINDOW_MS = 300_000;
/** Upwards at most this many pods, or twice as many as there are, in a period. */
const MOST_ADDED = 4;

export interface HpaSpec {
  /** At least 1. */
  readonly min: number;
  readonly max: number;
  /** `utilization`: per cent of what the pods request; `average`: per pod, in the metric's unit (cores, bytes). */
  readonly target: { readonly kind: "utilization" | "average"; readonly value: number };
  /** Absent: 0 upwards and 5 minutes downwards. */
  readonly windowMs?: number;
}

/** One pod of the revision. */
export interface PodUsage {
  readonly ready: boolean;
  /** undefined: no sample of it yet. */
  readonly usage: number | undefined;
  /** undefined: the pod requests nothing of this resource. */
  readonly request: number | undefined;
}

export interface HpaState {
  readonly recommended: readonly { readonly at: Time; readonly replicas: number }[];
}

/** What had the last word. */
export type HpaRule =
  | "metric"
  | "no-metric"
  | "min-scale"
  | "max-scale"
  | "scale-up-limit"
  | "scale-up-stabilized"
  | "scale-down-stabilized"
  | "scaling-disabled";

export interface HpaDecision {
  readonly state: HpaState;
  readonly replicas: number;
  readonly rule: HpaRule;
  /** What the sampled pods used, in the unit of the target; absent where it was not looked at or cannot be told. */
  readonly measured?: number;
  /** How many pods the metric alone asks for. */
  readonly wanted?: number;
  /** Why the metric could not be used; replicas then only follow the bounds. */
  readonly error?: string;
}

/** One look. `current`: replicas of the Deployment; 0 means that scaling is switched off. */
export function decideHpa(
  spec: HpaSpec,
  state: HpaState,
  current: number,
  pods: readonly PodUsage[],
  now: Time,
): HpaDecision {
  const bounded = (replicas: number): number => Math.min(Math.max(replicas, spec.min), spec.max);
  const boundOf = (replicas: number): HpaRule => (replicas < spec.min ? "min-scale" : "max-scale");
  if (current === 0) return { state, replicas: 0, rule: "scaling-disabled" };
  if (bounded(current) !== current) return { state, replicas: bounded(current), rule: boundOf(current) };
  const asked = wantedReplicas(spec, current, pods);
  if (typeof asked === "string") return { state, replicas: current, rule: "no-metric", error: asked };
  const { wanted } = asked;
  const recommended = [...state.recommended, { at: now, replicas: wanted }].filter(
    ({ at }) => now - at < Math.max(spec.windowMs ?? DEFAULT_DOWN_WINDOW_MS, HPA_PERIOD_MS),
  );
  const stable = stabilized(spec, recommended, current, now);
  const rated = Math.min(stable, Math.max(2 * current, current + MOST_ADDED));
  const stabilization = stable < wanted ? "scale-up-stabilized" : stable > wanted ? "scale-down-stabilized" : "metric";
  const unbound = rated === stable ? stabilization : "scale-up-limit";
  const replicas = bounded(rated);
  return { state: { recommended }, replicas, rule: replicas === rated ? unbound : boundOf(rated), ...asked };
}

/** Not lower than anything recommended in the downward window, not higher than anything in the upward one. */
function stabilized(spec: HpaSpec, recommended: HpaState["recommended"], current: number, now: Time): number {
  const within = (windowMs: number): readonly number[] =>
    recommended.filter(({ at }) => at === now || now - at < windowMs).map(({ replicas }) => replicas);
  const up = Math.min(...within(spec.windowMs ?? 0));
  const down = Math.max(...within(spec.windowMs ?? DEFAULT_DOWN_WINDOW_MS));
  if (current < up) return up;
  return Math.min(current, down);
}

/** How many pods the metric asks for, and what it is; or why it cannot be used. */
function wantedReplicas(
  spec: HpaSpec,
  current: number,
  pods: readonly PodUsage[],
): { readonly measured: number; readonly wanted: number } | string {
  const sampled = pods.filter((pod) => pod.ready && pod.usage !== undefined);
  if (sampled.length === 0) return "unable to get metrics: no metrics returned from resource metrics API";
  if (spec.target.kind === "utilization" && pods.some(({ request }) => request === undefined))
    return "failed to get cpu utilization: missing request for cpu";
  return { measured: measuredOf(spec, sampled), wanted: countFor(spec, current, pods, sampled) };
}

function countFor(spec: HpaSpec, current: number, pods: readonly PodUsage[], sampled: readonly PodUsage[]): number {
  const ratio = ratioOf(spec, sampled);
  const others = pods.filter((pod) => !sampled.includes(pod));
  if (others.length === 0) return isNear(ratio) ? current : Math.ceil(ratio * sampled.length);
  if (isNear(ratio)) return current;
  // Who gave no sample must not move the scale: idle on the way up, at its target on the way down.
  const assumed = others.map((pod): PodUsage => ({ ...pod, usage: ratio > 1 ? 0 : usageAtTarget(spec, pod) }));
  const all = [...sampled, ...assumed];
  const cautious = ratioOf(spec, all);
  if (isNear(cautious) || cautious > 1 !== ratio > 1) return current;
  const wanted = Math.ceil(cautious * all.length);
  return cautious > 1 !== wanted > current ? current : wanted;
}

function ratioOf(spec: HpaSpec, pods: readonly PodUsage[]): number {
  return measuredOf(spec, pods) / spec.target.value;
}

/** In the unit of the target: per cent of what the pods request, or the mean of a pod. */
function measuredOf({ target }: HpaSpec, pods: readonly PodUsage[]): number {
  const usage = pods.reduce((sum, pod) => sum + (pod.usage ?? 0), 0);
  const request = pods.reduce((sum, pod) => sum + (pod.request ?? 0), 0);
  return target.kind === "average" ? usage / pods.length : Math.trunc((usage / request) * 100);
}

function usageAtTarget({ target }: HpaSpec, { request = 0 }: PodUsage): number {
  return target.kind === "average" ? target.value : (request * Math.max(100, target.value)) / 100;
}

function isNear(ratio: number): boolean {
  return Math.abs(1 - ratio) <= TOLERANCE;
}
