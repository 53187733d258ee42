// All planners of knap, in two lists: Knative's controllers, and the parts of Kubernetes that they stand on.
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

/** Widens a planner of one kind, so that planners of all kinds fit one list; the engine only gives it objects of its kind. */
function widened(planner: unknown): Reconciler {
  return planner as Reconciler;
}

// From what stands below to what stands on it: an object is looked at again only when everything under it has come to rest.

export const kubernetesPlanners: readonly Reconciler[] = [
  namespacePlanner,
  schedulerPlanner,
  deploymentPlanner,
  endpointsPlanner,
  ingressPlanner,
].map(widened);

// A Revision goes before its PodAutoscaler, though it stands on it: it sees each of its statuses, as in Knative, and its Active condition's time moves with them.
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
