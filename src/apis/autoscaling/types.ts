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

type MetricTarget =
  | { readonly type: "Utilization"; readonly averageUtilization: number }
  | { readonly type: "AverageValue"; readonly averageValue: string };

/** autoscaling/v2, of a PodAutoscaler of the HPA class. */
export interface HorizontalPodAutoscaler extends AnyObject {
  readonly kind: "HorizontalPodAutoscaler";
  readonly spec: {
    readonly scaleTargetRef: PodAutoscaler["spec"]["scaleTargetRef"];
    readonly minReplicas: number;
    readonly maxReplicas: number;
    readonly metrics: readonly (
      | { readonly type: "Resource"; readonly resource: { readonly name: string; readonly target: MetricTarget } }
      | {
          readonly type: "Pods";
          readonly pods: { readonly metric: { readonly name: string }; readonly target: MetricTarget };
        }
    )[];
    readonly behavior?: Readonly<Record<"scaleUp" | "scaleDown", { readonly stabilizationWindowSeconds: number }>>;
  };
  readonly status?: { readonly currentReplicas: number; readonly desiredReplicas: number };
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

/** The rule that determined how many pods the traffic needs. People see the names of all rules. */
export type TrafficRule =
  | "no-data"
  | "stable"
  | "panic"
  | "panic-holds"
  | "max-scale-up-rate"
  | "max-scale-down-rate"
  | "activation-scale"
  | "scale-down-delay";

/** The rule that determined the replicas of the Deployment. `traffic`: no bound changed what the traffic needs. */
export type BoundRule =
  | "not-decided-yet"
  | "traffic"
  | "min-scale"
  | "max-scale"
  | "initial-scale"
  | "debugged"
  | "scale-to-zero-disabled"
  | "activation-failed"
  | "activating"
  | "idle"
  | "stable-window"
  | "waiting-for-activator"
  | "scaled-to-zero"
  | "retention"
  | "grace";

/** The rule that determined the scale of a revision of the HPA class. */
export type HpaRule =
  | "metric"
  | "no-metric"
  | "min-scale"
  | "max-scale"
  | "scale-up-limit"
  | "scale-up-stabilized"
  | "scale-down-stabilized"
  | "scaling-disabled";

interface TrafficFacts {
  readonly metric: string;
  readonly stable: number;
  readonly panic: number;
  readonly target: number;
  readonly ready: number;
  readonly panicking: boolean;
  readonly excessBurstCapacity: number;
}

interface BoundFacts {
  /** The scale that the traffic needs; undefined: not decided yet. */
  readonly desired: number | undefined;
  readonly ready: number;
  readonly min: number;
  readonly max: number;
  /** Ms until the reconciler checks the scale again. */
  readonly afterMs: number | undefined;
}

interface HpaFacts {
  readonly metric: string;
  readonly ready: number;
  readonly target: number;
  readonly measured: number | undefined;
  readonly wanted: number | undefined;
}

/** A scaling decision with its inputs, as `knap explain` shows it. */
export type DecisionRecord = {
  readonly revision: RevisionKey;
  readonly at: Time;
  /** Number of pods before and after; undefined: not decided yet. */
  readonly from: number | undefined;
  readonly to: number | undefined;
} & (
  | { readonly source: "traffic"; readonly rule: TrafficRule; readonly facts: TrafficFacts }
  | { readonly source: "bounds"; readonly rule: BoundRule; readonly facts: BoundFacts }
  | { readonly source: "hpa"; readonly rule: HpaRule; readonly facts: HpaFacts }
);
