// Plans for a PodAutoscaler of the HPA class, which scales by cpu or memory and never to zero. The autoscaler's advice
// replaces Kubernetes' controller of HorizontalPodAutoscalers. Source: pkg/reconciler/autoscaling/hpa/hpa.go.
import * as lifecycle from "../../../apis/autoscaling/pod-autoscaler-lifecycle.ts";
import { isReady } from "../../../apis/meta/conditions.ts";
import { keyOf, namespacedName } from "../../../apis/meta/key.ts";
import type { Stored } from "../../../apis/meta/object.ts";
import type { ServerlessService } from "../../../apis/networking/types.ts";
import { sameJson } from "../../../base/json.ts";
import { initialScaleOf, scaleBoundsOf } from "../../autoscaler/decider-spec.ts";
import { makeHpaSpec } from "../../autoscaler/hpa-spec.ts";
import { ensureSpec } from "../ownership.ts";
import type { ReconcileError } from "../pass.ts";
import { makeServerlessService } from "./make-children.ts";
import { makeHorizontalPodAutoscaler } from "./make-hpa.ts";
import { conditionsOf, type PodAutoscalerPass, refuseForeign } from "./pod-autoscaler-pass.ts";

export function reconcileHpa(pass: PodAutoscalerPass): ReconcileError {
  const { object: pa, world, at } = pass;
  const { name, namespace } = pa.metadata;
  const sks = world.get("ServerlessService.networking.internal.knative.dev", namespace, name);
  pass.status = { serviceName: "", metricsServiceName: "", ...pass.status };
  const refused = refuseForeign(pass, sks);
  if (refused !== undefined) return refused;
  const replicas = ensureReplicas(pass);
  const isServed = ensureService(pass, sks);
  const wanted = makeHorizontalPodAutoscaler(pa, world.config.autoscaler);
  const status = { currentReplicas: replicas.current, desiredReplicas: replicas.desired };
  const fields = { spec: wanted.spec, status };
  pass.plan.ensure.push({ key: keyOf(wanted), fields, create: wanted, whole: [["spec"]], status: true });
  const initialScale = initialScaleOf(pa.metadata.annotations, world.config.autoscaler);
  const needed = Math.max(scaleBoundsOf(pa, world.config.autoscaler).min, initialScale);
  let conditions = lifecycle.markActive(conditionsOf(pass), at);
  conditions = isServed
    ? lifecycle.markServiceReady(conditions, at)
    : lifecycle.markServiceNotReady(conditions, "SKS Services are not ready yet", at);
  if (isServed && replicas.current >= needed) conditions = lifecycle.markInitialized(conditions, at);
  pass.status = {
    ...pass.status,
    conditions,
    desiredScale: replicas.desired,
    actualScale: replicas.current,
    serviceName: sks?.status?.serviceName ?? "",
    metricsServiceName: sks?.status?.privateServiceName ?? "",
  };
  return undefined;
}

/** Plans the Deployment's replicas: the advice, or without advice the current number, within the bounds. */
function ensureReplicas(pass: PodAutoscalerPass): { readonly desired: number; readonly current: number } {
  const { object: pa, world } = pass;
  const { namespace } = pa.metadata;
  const target = world.get("Deployment.apps", namespace, pa.spec.scaleTargetRef.name ?? "");
  const { min, max } = makeHpaSpec(pa, world.config.autoscaler);
  const now = target?.spec.replicas ?? 1;
  const advised = world.advice.get(namespacedName(pa.metadata))?.desiredScale ?? -1;
  const desired = now === 0 ? 0 : Math.min(Math.max(advised < 0 ? now : advised, min), max);
  if (target && desired !== now) pass.plan.ensure.push({ key: keyOf(target), fields: { spec: { replicas: desired } } });
  return { desired, current: target?.status?.replicas ?? 0 };
}

/** Returns true if the ServerlessService is ready with the wanted spec. */
function ensureService(pass: PodAutoscalerPass, sks: Stored<ServerlessService> | undefined): boolean {
  const wanted = makeServerlessService(pass.object, "Serve", 0);
  pass.plan.ensure.push(ensureSpec(wanted));
  return sks !== undefined && isReady(sks) && sameJson(sks.spec, wanted.spec);
}
