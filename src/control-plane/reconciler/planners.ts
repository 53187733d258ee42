// Lists all reconcilers: Knative's controllers, and the Kubernetes controllers that they depend on.
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

/** Widens the type of a reconciler. This is safe: the controller passes to a reconciler only objects of its kind. */
function widened(planner: unknown): Reconciler {
  return planner as Reconciler;
}

// Reconcilers of children come first, so that an object is reconciled after its children.
export const kubernetesPlanners: readonly Reconciler[] = [
  namespacePlanner,
  schedulerPlanner,
  deploymentPlanner,
  endpointsPlanner,
  ingressPlanner,
].map(widened);

// The Revision reconciler comes before the PodAutoscaler reconciler, so that the Revision reconciler sees each status
// of the PodAutoscaler, as in Knative.
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
