// autoscaling.internal.knative.dev/v1alpha1 kinds and the three one-type-wide crossings of the autoscaler: Stat in, ScaleResult out.
// Source: pkg/apis/autoscaling/v1alpha1/{pa,metric}_types.go, pkg/autoscaler/metrics/stat.proto, pkg/autoscaler/scaling/autoscaler.go.
import type { Time } from "../../base/clock.ts";
import type { ConditionedStatus } from "../meta/condition.ts";
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
  /** Windows are nanoseconds, as in Knative's JSON. */
  readonly spec: { readonly stableWindow: number; readonly panicWindow: number; readonly scrapeTarget: string };
  readonly status?: ConditionedStatus;
}

/** `namespace/name` of a Revision (and of its PodAutoscaler, which shares the name). */
export type RevisionKey = `${string}/${string}`;

/** One report of request statistics (stat.proto). Counts are per second; concurrency is a time-weighted mean over the period. */
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

/** The advice: what the decider wants. Before any decision `desiredScale` is -1. */
export interface ScaleResult {
  /** Pods, before min-scale and max-scale. */
  readonly desiredScale: number;
  readonly excessBurstCapacity: number;
  /** False: no data; nothing may change because of this result. */
  readonly valid: boolean;
}

/** One line of the decision ledger that `knap explain` reads. */
export interface DecisionNote {
  readonly revision: RevisionKey;
  readonly at: Time;
  /** The rule that won, a short constant such as `min-scale` or `activator-not-proven`. */
  readonly rule: string;
  readonly from: number;
  readonly to: number;
  /** Numbers and texts the sentence needs. */
  readonly facts: Readonly<Record<string, number | string | boolean>>;
}
