// Knative's own autoscaling class: bounds, scale to zero, ServerlessService mode and the verdict on a PodAutoscaler. It plans; deciding how many
// pods traffic needs is the autoscaler's. Source: pkg/reconciler/autoscaling/kpa/kpa.go.

import {
  isInitialized,
  markNotOwned,
  markServiceNotReady,
  markServiceReady,
} from "../../../apis/autoscaling/pod-autoscaler-lifecycle.ts";
import type { ScaleResult } from "../../../apis/autoscaling/types.ts";
import { conditionOf, isReady } from "../../../apis/meta/conditions.ts";
import { keyOf } from "../../../apis/meta/key.ts";
import type { Stored } from "../../../apis/meta/object.ts";
import type { ServerlessService } from "../../../apis/networking/types.ts";
import { REVISION_LABEL } from "../../../apis/serving/labels.ts";
import { sameJson } from "../../../base/json.ts";
import { makeInitialResult } from "../../autoscaler/decide.ts";
import { initialScaleOf, makeDeciderSpec, scaleBoundsOf } from "../../autoscaler/decider-spec.ts";
import { isControlledBy } from "../ownership.ts";
import type { Failure, Pass } from "../pass.ts";
import { concludeActivity, countPods, numActivatorsOf } from "./activity.ts";
import { makeMetric, makeServerlessService } from "./make-children.ts";
import { planScale } from "./plan-scale.ts";

type PodAutoscalerPass = Pass<"PodAutoscaler.autoscaling.internal.knative.dev">;

const FEWEST_ACTIVATORS = 2;

/** One reconcile of a KPA-class PodAutoscaler. */
export function reconcileKpa(pass: PodAutoscalerPass): Failure {
  const { name, namespace } = pass.object.metadata;
  const sks = pass.world.get("ServerlessService.networking.internal.knative.dev", namespace, name);
  const metric = pass.world.get("Metric.autoscaling.internal.knative.dev", namespace, name);
  pass.status = { serviceName: "", metricsServiceName: "", ...pass.status };
  for (const foreign of [sks, metric]) {
    if (!foreign || isControlledBy(foreign, pass.object)) continue;
    mark(pass, markNotOwned(conditionsOf(pass), foreign.kind, name, pass.at));
    return foreign === sks
      ? `error reconciling SKS: PA: ${name} does not own SKS: ${name}`
      : `error reconciling Metric: PA: ${name} does not own Metric: ${name}`;
  }
  if (sks?.status?.privateServiceName) scale(pass, sks, sks.status.privateServiceName);
  else awaitService(pass);
  return undefined;
}

/** Nothing can be collected or decided before the private service exists. */
function awaitService(pass: PodAutoscalerPass): void {
  holdSpec(pass, makeServerlessService(pass.object, "Proxy", FEWEST_ACTIVATORS));
  mark(pass, markServiceNotReady(conditionsOf(pass), "No Private Service Name", pass.at));
  conclude(pass, -1, 0);
}

function scale(pass: PodAutoscalerPass, sks: Stored<ServerlessService>, metricsServiceName: string): void {
  const { object: pa, world, at } = pass;
  const { name, namespace } = pa.metadata;
  const spec = makeDeciderSpec(pa, world.config.autoscaler);
  const advice: ScaleResult = world.advice.get(`${namespace}/${name}`) ?? makeInitialResult(spec);
  const labels = { matchLabels: { [REVISION_LABEL]: pa.metadata.labels?.[REVISION_LABEL] ?? name } };
  const { ready } = countPods(world.list("Pod", { namespace, labels }));
  holdSpec(pass, makeMetric(pa, world.config.autoscaler, metricsServiceName));
  const want = planScale(pass, sks, { desired: advice.desiredScale, ready });

  const mode = want > 0 && advice.excessBurstCapacity >= 0 ? "Serve" : "Proxy";
  const wanted = makeServerlessService(pa, mode, numActivatorsOf(ready, spec));
  holdSpec(pass, wanted);
  // A changed spec is a new generation, which the ServerlessService has yet to observe.
  const isServiceReady = isReady(sks) && sameJson(sks.spec, wanted.spec);
  const why = conditionOf(sks.status?.conditions, "Ready")?.message ?? "";
  const begun = conditionsOf(pass);
  mark(pass, isServiceReady ? markServiceReady(begun, at) : markServiceNotReady(begun, why, at));
  pass.status = { ...pass.status, metricsServiceName, serviceName: sks.status?.serviceName ?? "" };
  conclude(pass, want, ready);
}

/** Scale and activity as the status shows them. A want of -1 never hides a number known before. */
function conclude(pass: PodAutoscalerPass, want: number, ready: number): void {
  const { object: pa, world, at } = pass;
  const before = pass.status.desiredScale ?? -1;
  pass.status = { ...pass.status, actualScale: ready, desiredScale: want < 0 && before >= 0 ? before : want };
  const conditions = conditionsOf(pass);
  mark(
    pass,
    concludeActivity(conditions, {
      want,
      ready,
      min: scaleBoundsOf(pa, world.config.autoscaler).min,
      initialScale: initialScaleOf(pa.metadata.annotations, world.config.autoscaler),
      initialized: isInitialized(conditions),
      hasService: Boolean(pass.status.serviceName),
      at,
    }),
  );
}

/** Holds the spec of a child; its labels and annotations stay as they were made. */
function holdSpec(pass: PodAutoscalerPass, wanted: ReturnType<typeof makeMetric> | ServerlessService): void {
  pass.plan.ensure.push({
    key: keyOf(wanted),
    fields: { spec: wanted.spec },
    whole: [["spec"]],
    create: wanted,
  });
}

function conditionsOf(pass: PodAutoscalerPass) {
  return pass.status.conditions ?? [];
}

function mark(pass: PodAutoscalerPass, conditions: ReturnType<typeof conditionsOf>): void {
  pass.status = { ...pass.status, conditions };
}
