// The kinds of autoscaling.internal.knative.dev/v1alpha1, and the autoscaler's input (Stat) and output (ScaleResult).
// Source: pkg/apis/autoscaling/v1alpha1, pkg/autoscaler/metrics/stat.proto, pkg/autoscaler/scaling/autoscaler.go.
import type { Time } from "../../base/clock.ts";
import type { ConditionedStatus } from "../meta/conditions.ts";
import type { AnyObject } from "../meta/object.ts";

export type Reachability = "" | "Reachable" | "Unreachable";
export interface PodAutoscalerStatus extends ConditionedStatus {
  readonly serviceName?: string;
  readonly metricsServiceName?: string;
  readonly desiredScale?: number;
  readonly actualScale?: number;
}
export interface PodAutoscaler extends AnyObject {
  readonly apiVersion: "autoscaling.internal.knative.dev/v1alpha1";
  readonly kind: "PodAutoscaler";
  readonly spec: {
    readonly containerConcurrency?: number;
    readonly scaleTargetRef: { readonly apiVersion?: string; readonly kind?: string; readonly name?: string };
    readonly reachability?: Reachability;
    readonly protocolType: "http1" | "h2c";
  };
  readonly status?: PodAutoscalerStatus;
}
export interface Metric extends AnyObject {
  readonly apiVersion: "autoscaling.internal.knative.dev/v1alpha1";
  readonly kind: "Metric";
  /** The windows are in nanoseconds, as in Knative's JSON. */
  readonly spec: { readonly stableWindow: number; readonly panicWindow: number; readonly scrapeTarget: string };
  readonly status?: ConditionedStatus;
}

/** `namespace/name` of a Revision (and of its PodAutoscaler, which shares the name). */
export type RevisionKey = `${string}/${string}`;

/** Request statistics of one reporting period (stat.proto): requests per second, and time-weighted mean concurrency. */
export interface Stat {
  readonly podName: string;
  readonly averageConcurrentRequests: number;
  readonly averageProxiedConcurrentRequests: number;
  readonly requestCount: number;
  readonly proxiedRequestCount: number;
  /** Seconds. */
  readonly processUptime: number;
  readonly time: Time;
}

/** The autoscaler's decision. `desiredScale` is -1 until the first evaluation. */
export interface ScaleResult {
  /** Number of pods, before min-scale and max-scale apply. */
  readonly desiredScale: number;
  readonly excessBurstCapacity: number;
  /** False if there was no data; the PodAutoscaler must not change then. */
  readonly valid: boolean;
}

/** One entry of the decision ledger that `knap explain` reads. */
export interface DecisionNote {
  readonly revision: RevisionKey;
  readonly at: Time;
  /** The rule that decided, for example `min-scale` or `activator-not-proven`. */
  readonly rule: string;
  readonly from: number;
  readonly to: number;
  /** Values of this decision that `knap explain` puts into its sentence (`metric`, `ready`, `afterMs`, …). */
  readonly facts: Readonly<Record<string, number | string | boolean>>;
}
