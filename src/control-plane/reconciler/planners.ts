// The lists of all planners: Knative's controllers, and the Kubernetes controllers that they depend on.
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

/** Widens the type of a planner. This is safe because the controller gives it objects of its kind only. */
function widened(planner: unknown): Reconciler {
  return planner as Reconciler;
}

// Dependencies come first: an object is reconciled when its children have settled.
export const kubernetesPlanners: readonly Reconciler[] = [
  namespacePlanner,
  schedulerPlanner,
  deploymentPlanner,
  endpointsPlanner,
  ingressPlanner,
].map(widened);

// The Revision comes before its PodAutoscaler although it depends on it: as in Knative, it sees each status of the
// PodAutoscaler.
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
