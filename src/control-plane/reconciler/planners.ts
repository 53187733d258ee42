// All planners of knap, in two lists: Knative's controllers, and the parts of Kubernetes that they stand on.
import type { Reconciler } from "../controller/reconciler.ts";
import { configurationPlanner } from "./configuration/configuration.ts";
import { gcPlanner } from "./gc/gc.ts";
import { labelerPlanner } from "./labeler/labeler.ts";
import { metricPlanner } from "./metric/metric.ts";
import { podAutoscalerPlanner } from "./pod-autoscaler/pod-autoscaler.ts";
import { revisionPlanner } from "./revision/revision.ts";
import { routePlanner } from "./route/route.ts";
import { serverlessServicePlanner } from "./serverless-service/serverless-service.ts";
import { servicePlanner } from "./service/service.ts";

/** Widens a planner of one kind, so that planners of all kinds fit one list; the engine only gives it objects of its kind. */
function any(planner: unknown): Reconciler {
  return planner as Reconciler;
}

export const knativePlanners: readonly Reconciler[] = [
  servicePlanner,
  configurationPlanner,
  labelerPlanner,
  revisionPlanner,
  podAutoscalerPlanner,
  serverlessServicePlanner,
  metricPlanner,
  routePlanner,
  gcPlanner,
].map(any);

export const kubernetesPlanners: readonly Reconciler[] = [];
