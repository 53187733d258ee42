// The shape of one reconcile of a PodAutoscaler, shared by the plans of all classes.
import type { Pass } from "../pass.ts";

export type PodAutoscalerKind = "PodAutoscaler.autoscaling.internal.knative.dev";
export type PodAutoscalerPass = Pass<PodAutoscalerKind>;
