// Lists all planners: Knative's controllers, and the Kubernetes controllers that they depend on.
import type { Reconciler } from "../controller/reconciler.ts";
import { configurationPlanner } from "./configuration/configuration.ts";
import { deploymentPlanner } from "./deployment/deployment.ts";
import { domainMappingPlanner } from "./domain-mapping/domain-mapping.ts";
import { endpointsPlanner } from "./endpoints/endpoints.ts";
import { gcPlanner } from "./gc/gc.ts";
import { ingressPlanner } from "./ingress/ingress.ts";
import { labelerPlanner } from "./labeler/labeler.ts";
import { metricPlanner } from "./metric/metric.ts";
import { namespacePlanner } from "./namespace/namespace.ts";
import { podAutoscalerPlanner } from "./pod-autoscaler/pod-autoscaler.ts";
import { revisionPlanner } from "./revision/revision.ts";
import { routePlanner } from "./route/route.ts";
import { schedulerPlanner } from "./scheduler/scheduler.ts";
import { serverlessServicePlanner } from "./serverless-service/serverless-service.ts";
import { servicePlanner } from "./service/service.ts";

/** Widens the type of a planner. This is safe, because the controller passes only objects of the planner's kind. */
function widened(planner: unknown): Reconciler {
  return planner as Reconciler;
}

// Planners of children come first, so that an object is reconciled after its children.
export const kubernetesPlanners: readonly Reconciler[] = [
  namespacePlanner,
  schedulerPlanner,
  deploymentPlanner,
  endpointsPlanner,
  ingressPlanner,
].map(widened);

// The Revision planner comes before the PodAutoscaler planner, so that it sees each status of the PodAutoscaler, as in
// Knative.
export const knativePlanners: readonly Reconciler[] = [
  metricPlanner,
  serverlessServicePlanner,
  revisionPlanner,
  podAutoscalerPlanner,
  configurationPlanner,
  gcPlanner,
  labelerPlanner,
  routePlanner,
  servicePlanner,
  domainMappingPlanner,
].map(widened);
