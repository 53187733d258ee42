// Plans for a PodAutoscaler of the KPA class: scale bounds, scale to zero and ServerlessService mode.
// Source: pkg/reconciler/autoscaling/kpa/{kpa,scaler}.go.
import { progressDeadlineMs } from "../../../apis/autoscaling/annotations.ts";
import * as lifecycle from "../../../apis/autoscaling/pod-autoscaler-lifecycle.ts";
import type { RevisionKey, ScaleResult } from "../../../apis/autoscaling/types.ts";
import { conditionOf, isReady } from "../../../apis/meta/conditions.ts";
import { namespacedName } from "../../../apis/meta/key.ts";
import type { Stored } from "../../../apis/meta/object.ts";
import type { ServerlessService } from "../../../apis/networking/types.ts";
import { debugOf } from "../../../apis/serving/debug.ts";
import { REVISION_LABEL } from "../../../apis/serving/labels.ts";
import { sameJson } from "../../../base/json.ts";
import { makeInitialResult } from "../../autoscaler/decide.ts";
import { initialScaleOf, makeDeciderSpec, retentionMsOf, scaleBoundsOf } from "../../autoscaler/decider-spec.ts";
import type { Inquiry, World } from "../../controller/reconciler.ts";
import { ensureSpec } from "../ownership.ts";
import type { ReconcileError } from "../pass.ts";
import { concludeActivity, countPods, numActivatorsOf } from "./activity.ts";
import { makeMetric, makeServerlessService } from "./make-children.ts";
import { conditionsOf, mark, type PodAutoscalerPass, refuseForeign } from "./pod-autoscaler-pass.ts";
import { type ScaleStepInput, scaleStep } from "./scale-step.ts";

const FEWEST_ACTIVATORS = 2;

export function reconcileKpa(pass: PodAutoscalerPass): ReconcileError {
  const { name, namespace } = pass.object.metadata;
  const sks = pass.world.get("ServerlessService.networking.internal.knative.dev", namespace, name);
  const metric = pass.world.get("Metric.autoscaling.internal.knative.dev", namespace, name);
  pass.status = { serviceName: "", metricsServiceName: "", ...pass.status };
  const refused = refuseForeign(pass, sks) ?? refuseForeign(pass, metric);
  if (refused !== undefined) return refused;
  if (sks?.status?.privateServiceName) scale(pass, sks, sks.status.privateServiceName);
  else awaitService(pass);
  return undefined;
}

/** Waits for the private Service. Metrics cannot be collected without it. */
function awaitService(pass: PodAutoscalerPass): void {
  pass.plan.ensure.push(ensureSpec(makeServerlessService(pass.object, "Proxy", FEWEST_ACTIVATORS)));
  mark(pass, lifecycle.markServiceNotReady(conditionsOf(pass), "No Private Service Name", pass.at));
  conclude(pass, -1, 0);
}

function scale(pass: PodAutoscalerPass, sks: Stored<ServerlessService>, metricsServiceName: string): void {
  const { object: pa, world, at } = pass;
  const { name, namespace } = pa.metadata;
  const spec = makeDeciderSpec(pa, world.config.autoscaler);
  const advice: ScaleResult = world.advice.get(namespacedName(pa.metadata)) ?? makeInitialResult(spec);
  const labels = { matchLabels: { [REVISION_LABEL]: pa.metadata.labels?.[REVISION_LABEL] ?? name } };
  const { ready } = countPods(world.list("Pod", { namespace, labels }));
  pass.plan.ensure.push(ensureSpec(makeMetric(pa, world.config.autoscaler, metricsServiceName)));
  const want = planScale(pass, sks, { desired: advice.desiredScale, ready });

  const mode = want > 0 && advice.excessBurstCapacity >= 0 ? "Serve" : "Proxy";
  const wanted = makeServerlessService(pa, mode, numActivatorsOf(ready, spec));
  pass.plan.ensure.push(ensureSpec(wanted));
  // If this pass changes the spec, the Ready condition of the ServerlessService still describes the old spec.
  const isServiceReady = isReady(sks) && sameJson(sks.spec, wanted.spec);
  const why = conditionOf(sks.status?.conditions, "Ready")?.message ?? "";
  const begun = conditionsOf(pass);
  mark(pass, isServiceReady ? lifecycle.markServiceReady(begun, at) : lifecycle.markServiceNotReady(begun, why, at));
  pass.status = { ...pass.status, metricsServiceName, serviceName: sks.status?.serviceName ?? "" };
  conclude(pass, want, ready);
}

/** Writes scale and activity to the status. If `want` is -1 (unknown), desiredScale does not change. */
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
      initialized: lifecycle.isInitialized(conditions),
      hasService: Boolean(pass.status.serviceName),
      at,
    }),
  );
}

/** The activator is probed for at most 45 s. The reconciler runs again 1 s later. */
const PROBE_AGAIN_MS = 46_000;

/** Plans the Deployment's replicas and the activator probe. Returns the wanted scale (-1: unknown). */
function planScale(
  pass: PodAutoscalerPass,
  sks: Stored<ServerlessService>,
  seen: { readonly desired: number; readonly ready: number },
): number {
  const { object: pa, world, plan } = pass;
  const { namespace } = pa.metadata;
  const revision: RevisionKey = namespacedName(pa.metadata);
  const deployment = pa.spec.scaleTargetRef.name ?? "";
  const replicas = world.get("Deployment.apps", namespace, deployment)?.spec.replicas;
  const inquiry: Inquiry = { ask: "ActivatorProbe", revision };
  const input = inputOf(pass, sks, seen.desired, replicas);
  const probe = (): boolean => {
    plan.ask.push(inquiry);
    return Boolean(pa.status?.serviceName) && world.answer(inquiry)?.ok === true;
  };
  const step = scaleStep({ ...input, probe });
  const afterMs = step.probeFailed ? PROBE_AGAIN_MS : step.requeueAfterMs;
  if (afterMs !== undefined) plan.requeueAfterMs.push(afterMs);
  if (step.replicas !== undefined) {
    const key = { kind: "Deployment.apps", namespace, name: deployment } as const;
    plan.ensure.push({ key, fields: { spec: { replicas: step.replicas } } });
  }
  const { min, max } = input;
  plan.decisions.push({
    revision,
    at: world.now,
    source: "bounds",
    rule: step.rule,
    from: replicas ?? 1,
    to: step.replicas ?? replicas ?? 1,
    facts: { desired: seen.desired < 0 ? undefined : seen.desired, ready: seen.ready, min, max, afterMs },
  });
  return step.want;
}

function inputOf(
  { object: pa, world }: PodAutoscalerPass,
  sks: Stored<ServerlessService>,
  desired: number,
  replicas: number | undefined,
): Omit<ScaleStepInput, "probe"> {
  const config = world.config.autoscaler;
  const { initialScale, reachable, stableWindowMs, targetBurstCapacity } = makeDeciderSpec(pa, config);
  const populated = conditionOf(sks.status?.conditions, "ActivatorEndpointsPopulated");
  return {
    ...scaleBoundsOf(pa, config),
    debugged: debugOf(pa.metadata) !== undefined,
    desired,
    replicas,
    initialScale,
    reachable,
    stableWindowMs,
    targetBurstCapacity,
    initialized: lifecycle.isInitialized(pa.status?.conditions),
    active: activityOf(pa.status?.conditions, world),
    enableScaleToZero: config.enableScaleToZero,
    progressDeadlineMs: progressDeadlineMs(pa.metadata.annotations) ?? world.config.deployment.progressDeadlineMs,
    graceMs: config.scaleToZeroGracePeriodMs,
    retentionMs: retentionMsOf(pa, config),
    proxying: sks.spec.mode === "Proxy",
    proxiedMs: populated?.status === "True" ? lifecycle.ageMs(populated, world.now) : 0,
  };
}

/**
 * Returns status and age of the Active condition. While Active is Unknown (activating), its age starts at `awakeSince`
 * at the earliest, so that time in which the machine slept does not count.
 */
function activityOf(
  conditions: Parameters<typeof lifecycle.activityAge>[0],
  { now, awakeSince }: World,
): ScaleStepInput["active"] {
  const { status, ageMs } = lifecycle.activityAge(conditions, now);
  return { status, ageMs: status === "Unknown" ? Math.min(ageMs, now - awakeSince) : ageMs };
}
