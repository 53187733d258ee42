// Plans for a PodAutoscaler of the KPA or the HPA class.
import { HPA_CLASS, KPA_CLASS } from "../../../apis/autoscaling/annotations.ts";
import { podAutoscalerConditions } from "../../../apis/meta/conditions.ts";
import type { ObjectKey } from "../../../apis/meta/key.ts";
import type { AnyObject } from "../../../apis/meta/object.ts";
import { REVISION_LABEL } from "../../../apis/serving/labels.ts";
import { classOf } from "../../autoscaler/decider-spec.ts";
import type { Reconciler } from "../../controller/reconciler.ts";
import { knativePlanner } from "../pass.ts";
import { reconcileHpa } from "./hpa.ts";
import { reconcileKpa } from "./kpa.ts";

const KIND = "PodAutoscaler.autoscaling.internal.knative.dev";

const kpaPlanner: Reconciler<typeof KIND> = knativePlanner({
  name: "kpa",
  kind: KIND,
  conditions: podAutoscalerConditions,
  reconcile: reconcileKpa,
});

const hpaPlanner: Reconciler<typeof KIND> = knativePlanner({
  name: "hpa",
  kind: KIND,
  conditions: podAutoscalerConditions,
  reconcile: reconcileHpa,
});

export const podAutoscalerPlanner: Reconciler<typeof KIND> = {
  name: "kpa",
  kind: KIND,
  // Scale to zero depends on the times of the PodAutoscaler's conditions.
  readsOwnStatus: true,
  watches: (changed) => (changed.kind === "Pod" || changed.kind === "Deployment" ? keyByLabel(changed) : []),
  reconcile(pa, world) {
    const autoscalingClass = classOf(pa, world.config.autoscaler);
    if (autoscalingClass === KPA_CLASS) return kpaPlanner.reconcile(pa, world);
    if (autoscalingClass === HPA_CLASS) return hpaPlanner.reconcile(pa, world);
    // In Knative's API both names are always present, also for other classes.
    return { status: { serviceName: "", metricsServiceName: "", ...pa.status } };
  },
};

function keyByLabel({ metadata }: AnyObject): readonly ObjectKey[] {
  const name = metadata.labels?.[REVISION_LABEL];
  return name === undefined ? [] : [{ kind: KIND, namespace: metadata.namespace ?? "", name }];
}
