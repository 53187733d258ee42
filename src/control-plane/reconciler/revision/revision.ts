// Plans for a Revision: image digests, then its Deployment, Images and PodAutoscaler, and its status.
// Source: pkg/reconciler/revision/{revision,reconcile_resources,cruds}.go.
import { defaultPodAutoscaler } from "../../../apis/autoscaling/pod-autoscaler-defaults.ts";
import type { PodAutoscaler } from "../../../apis/autoscaling/types.ts";
import type { Deployment } from "../../../apis/core/types.ts";
import { isConditionTrue, isReady, revisionConditions } from "../../../apis/meta/conditions.ts";
import { keyOf, type ObjectKey } from "../../../apis/meta/key.ts";
import type { AnyObject } from "../../../apis/meta/object.ts";
import {
  AUTOSCALING_CLASS_ANNOTATION,
  AUTOSCALING_GROUP,
  AUTOSCALING_METRIC_ANNOTATION,
  DEBUG_ANNOTATION,
  DEPLOYMENT_HASH_LABEL,
  REVISION_LABEL,
  without,
} from "../../../apis/serving/labels.ts";
import * as lifecycle from "../../../apis/serving/revision-lifecycle.ts";
import { sameJson } from "../../../base/json.ts";
import type { Reconciler } from "../../controller/reconciler.ts";
import { isControlledBy } from "../ownership.ts";
import { defaulted, knativePlanner, type Pass, type PlanBuilder, type ReconcileError } from "../pass.ts";
import { resolveDigests } from "./digests.ts";
import { deploymentName, makeDeployment, makeImages, makePodAutoscaler } from "./make-children.ts";
import { markPodTrouble } from "./pod-trouble.ts";

const KIND = "Revision.serving.knative.dev";
type RevisionPass = Pass<typeof KIND>;
const UID_IN_URL = "$" + "{REVISION_UID}";
/** Defaulting writes these annotations once. The reconciler does not change them. */
const KEPT_ANNOTATIONS = [AUTOSCALING_CLASS_ANNOTATION, AUTOSCALING_METRIC_ANNOTATION];

export const revisionPlanner: Reconciler<typeof KIND> = knativePlanner({
  name: "revision",
  kind: KIND,
  conditions: revisionConditions,
  defaulted,
  watches: podOfRevision,
  reconcile: reconcileRevision,
});

/** Maps a Pod to its Revision, because the status of a Revision shows problems of its Pods. */
function podOfRevision(changed: AnyObject): readonly ObjectKey[] {
  const name = changed.kind === "Pod" ? changed.metadata.labels?.[REVISION_LABEL] : undefined;
  return name === undefined ? [] : [{ kind: KIND, namespace: changed.metadata.namespace ?? "", name }];
}

function reconcileRevision(pass: RevisionPass): ReconcileError {
  const wasReady = isReady(pass.object);
  pass.status = withLogUrl(pass);
  const digests = resolveDigests(pass);
  if (digests === "pending") return undefined;
  if (digests !== "resolved") return digests.error;
  const failure = reconcileDeployment(pass) ?? reconcileImages(pass) ?? reconcilePodAutoscaler(pass);
  if (failure === undefined && !wasReady && isConditionTrue(pass.status.conditions, "Ready")) {
    const message = "Revision becomes ready upon all resources being ready";
    pass.plan.events.push({ type: "Normal", reason: "RevisionReady", message });
  }
  return failure;
}

function withLogUrl({ object, world, status }: RevisionPass): RevisionPass["status"] {
  const { logUrl: _old, ...rest } = status;
  const template = world.config.observability.loggingUrlTemplate;
  return template ? { ...rest, logUrl: template.replaceAll(UID_IN_URL, object.metadata.uid) } : rest;
}

function reconcileDeployment(pass: RevisionPass): ReconcileError {
  const { object, world, plan, at } = pass;
  const { name, namespace } = object.metadata;
  const existing = world.get("Deployment.apps", namespace, deploymentName(name));
  const wanted = world.derived(makeDeployment, { ...object, status: pass.status }, childParts(pass));
  if (!existing) {
    plan.create.push(wanted);
    pass.status = lifecycle.markDeploying(pass.status, at);
    return undefined;
  }
  if (!isControlledBy(existing, object)) {
    pass.status = lifecycle.markResourceNotOwned(pass.status, "Deployment", existing.metadata.name, at);
    return `revision: "${name}" does not own Deployment: "${existing.metadata.name}"`;
  }
  correctDeployment(pass, existing, wanted);
  pass.status = lifecycle.propagateDeploymentStatus(pass.status, existing.status ?? {}, at);
  const { availableReplicas = 0, readyReplicas = 0 } = existing.status ?? {};
  if ((existing.spec.replicas ?? 1) > 0 && availableReplicas === 0) pass.status = markPodTrouble(pass, existing);
  if (readyReplicas > 0) pass.status = lifecycle.markContainerHealthy(pass.status, at);
  return undefined;
}

/** Returns the parts of a Revision that makeDeployment and makeImages read. */
function childParts({ object: { spec, metadata }, status }: RevisionPass): readonly (object | undefined)[] {
  const { labels, annotations, ownerReferences } = metadata;
  return [spec, labels, annotations, ownerReferences, status.containerStatuses, status.initContainerStatuses];
}

/**
 * Corrects the Deployment if the hash label differs; other manual edits stay. Does not change replicas and selector.
 */
function correctDeployment({ plan }: RevisionPass, existing: Deployment, wanted: Deployment): void {
  const hash = (of: Deployment) => of.metadata.labels?.[DEPLOYMENT_HASH_LABEL];
  if (hash(existing) === hash(wanted)) return;
  const { replicas: _replicas, selector: _selector, ...spec } = wanted.spec;
  const template = {
    ...spec.template,
    metadata: keepingForeign(spec.template.metadata, existing.spec.template.metadata),
  };
  plan.ensure.push({
    key: keyOf(wanted),
    fields: { metadata: keepingForeign(wanted.metadata, existing.metadata), spec: { ...spec, template } },
    whole: [
      ["metadata", "labels"],
      ["metadata", "annotations"],
      ["spec", "template"],
      ["spec", "strategy"],
    ],
  });
}

type MetadataMaps = Pick<AnyObject["metadata"], "labels" | "annotations">;

/** Keeps existing labels and annotations other than Knative's, knap's and `app`. */
function keepingForeign(wanted: MetadataMaps | undefined, existing: MetadataMaps | undefined): Required<MetadataMaps> {
  const isOurs = (key: string) => key === "app" || key === DEBUG_ANNOTATION || key.includes("knative.dev/");
  return {
    labels: { ...wanted?.labels, ...without(existing?.labels, isOurs) },
    annotations: { ...wanted?.annotations, ...without(existing?.annotations, isOurs) },
  };
}

function reconcileImages(pass: RevisionPass): ReconcileError {
  const { object, world, plan, status } = pass;
  for (const image of world.derived(makeImages, { ...object, status }, childParts(pass))) {
    if (!world.get("Image.caching.internal.knative.dev", object.metadata.namespace, image.metadata.name))
      plan.create.push(image);
  }
  return undefined;
}

function reconcilePodAutoscaler(pass: RevisionPass): ReconcileError {
  const { object, world, plan, at } = pass;
  const { name, namespace } = object.metadata;
  const existing = world.get("PodAutoscaler.autoscaling.internal.knative.dev", namespace, name);
  const deployment = world.get("Deployment.apps", namespace, deploymentName(name));
  const wanted = makePodAutoscaler({ ...object, status: pass.status }, deployment);
  if (existing && !isControlledBy(existing, object)) {
    pass.status = lifecycle.markResourceNotOwned(pass.status, "PodAutoscaler", name, at);
    return `revision: "${name}" does not own PodAutoscaler: "${name}"`;
  }
  if (existing) correctPodAutoscaler(plan, existing, wanted);
  else plan.create.push(defaultPodAutoscaler(wanted, world.config.autoscaler));
  pass.status = lifecycle.propagateAutoscalerStatus(pass.status, existing?.status ?? {}, at);
  return undefined;
}

/** Plans the spec and the scaling annotations. Keeps annotations that defaulting or other components wrote. */
function correctPodAutoscaler(plan: PlanBuilder, existing: PodAutoscaler, wanted: PodAutoscaler): void {
  const before = existing.metadata.annotations ?? {};
  const after = wanted.metadata.annotations ?? {};
  const isOurs = (key: string) => key === DEBUG_ANNOTATION || key.startsWith(AUTOSCALING_GROUP);
  const isStale = (key: string) => isOurs(key) && !KEPT_ANNOTATIONS.includes(key) && after[key] === undefined;
  const annotations = { ...without(before, isStale), ...after };
  if (sameJson(existing.spec, wanted.spec) && sameJson(before, annotations)) return;
  const fields = { metadata: { annotations }, spec: wanted.spec };
  plan.ensure.push({ key: keyOf(wanted), fields, whole: [["metadata", "annotations"], ["spec"]] });
}
