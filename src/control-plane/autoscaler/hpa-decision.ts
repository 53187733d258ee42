// Computes the scale of a revision of the HPA class as Kubernetes' HorizontalPodAutoscaler does with default policies.
// Follows Kubernetes' pkg/controller/podautoscaler.
import type { HpaRule } from "../../apis/autoscaling/types.ts";
import type { Time } from "../../base/clock.ts";

/** Kubernetes' default interval between evaluations. */
export const HPA_PERIOD_MS = 15_000;
/** The scale does not change while the usage differs from the target by at most this fraction. */
const TOLERANCE = 0.1;
export const DEFAULT_DOWN_WINDOW_MS = 300_000;
/** One evaluation raises the scale to at most `max(current + MAX_ADDED, 2 * current)`. */
const MAX_ADDED = 4;

export interface HpaSpec {
  /** At least 1. */
  readonly min: number;
  readonly max: number;
  /** `utilization`: per cent of what the pods request; `average`: per pod, in the metric's unit (cores, bytes). */
  readonly target: { readonly kind: "utilization" | "average"; readonly value: number };
  /** Stabilization window of both directions; undefined: 0 upwards and 5 minutes downwards. */
  readonly windowMs?: number | undefined;
}

/** Resource usage and request of one pod. */
export interface PodUsage {
  readonly ready: boolean;
  /** undefined: not sampled yet. */
  readonly usage: number | undefined;
  /** undefined: the pod has no request for this resource. */
  readonly request: number | undefined;
}

export interface HpaState {
  readonly recommended: readonly { readonly at: Time; readonly replicas: number }[];
}

export interface HpaDecision {
  readonly state: HpaState;
  readonly replicas: number;
  readonly rule: HpaRule;
  /** Usage of the sampled pods in the target's unit; undefined if the metric was not used. */
  readonly measured?: number | undefined;
  /** Number of pods that the metric needs; undefined if the metric was not used. */
  readonly wanted?: number | undefined;
  /** Why the metric could not be used. */
  readonly error?: string | undefined;
}

/** Runs one evaluation. `current` is the Deployment's replicas; 0 means that scaling is disabled. */
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
  const rated = Math.min(stable, Math.max(2 * current, current + MAX_ADDED));
  const stabilization = stable < wanted ? "scale-up-stabilized" : stable > wanted ? "scale-down-stabilized" : "metric";
  const unbound = rated === stable ? stabilization : "scale-up-limit";
  const replicas = bounded(rated);
  return { state: { recommended }, replicas, rule: replicas === rated ? unbound : boundOf(rated), ...asked };
}

/** Limits the scale by the recommendations within the stabilization windows. */
function stabilized(spec: HpaSpec, recommended: HpaState["recommended"], current: number, now: Time): number {
  const within = (windowMs: number): readonly number[] =>
    recommended.filter(({ at }) => at === now || now - at < windowMs).map(({ replicas }) => replicas);
  const up = Math.min(...within(spec.windowMs ?? 0));
  const down = Math.max(...within(spec.windowMs ?? DEFAULT_DOWN_WINDOW_MS));
  if (current < up) return up;
  return Math.min(current, down);
}

/** Returns the metric's value and the number of pods that it needs, or an error text. */
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
  // Pods without a sample count as idle when scaling up, and as loaded at the target when scaling down.
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

/** Returns the usage in the target's unit: per cent of the requests, or the mean per pod. */
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
