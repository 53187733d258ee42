// One scaler step of a PodAutoscaler in the world: gathers what the step needs to know, and plans what it says.
// Source: pkg/reconciler/autoscaling/kpa/scaler.go.

import { progressDeadlineMs } from "../../../apis/autoscaling/annotations.ts";
import { activityAge, ageMs, isInitialized } from "../../../apis/autoscaling/pod-autoscaler-lifecycle.ts";
import type { RevisionKey } from "../../../apis/autoscaling/types.ts";
import { conditionOf } from "../../../apis/meta/conditions.ts";
import type { Stored } from "../../../apis/meta/object.ts";
import type { ServerlessService } from "../../../apis/networking/types.ts";
import { makeDeciderSpec, retentionMsOf, scaleBoundsOf } from "../../autoscaler/decider-spec.ts";
import type { Inquiry, World } from "../../controller/reconciler.ts";
import type { Pass } from "../pass.ts";
import { type ScaleStepInput, scaleStep } from "./scale-step.ts";

type PodAutoscalerPass = Pass<"PodAutoscaler.autoscaling.internal.knative.dev">;

/** A background probe may take 45 s, and the look after it comes 1 s later. */
const PROBE_AGAIN_MS = 46_000;

/** Plans replicas, looks to come and the activator probe; returns what the PodAutoscaler wants (-1: unknown). */
export function planScale(
  pass: PodAutoscalerPass,
  sks: Stored<ServerlessService>,
  seen: { readonly desired: number; readonly ready: number },
): number {
  const { object: pa, world, plan } = pass;
  const { name, namespace } = pa.metadata;
  const revision: RevisionKey = `${namespace}/${name}`;
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
  plan.notes.push({
    revision,
    at: world.now,
    rule: step.rule,
    from: replicas ?? 1,
    to: step.replicas ?? replicas ?? 1,
    facts: { by: "reconciler", ...seen, want: step.want, min, max, ...(afterMs !== undefined && { afterMs }) },
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
    desired,
    replicas,
    initialScale,
    reachable,
    stableWindowMs,
    targetBurstCapacity,
    initialized: isInitialized(pa.status?.conditions),
    active: activityOf(pa.status?.conditions, world),
    enableScaleToZero: config.enableScaleToZero,
    progressDeadlineMs: progressDeadlineMs(pa.metadata.annotations) ?? world.config.deployment.progressDeadlineMs,
    graceMs: config.scaleToZeroGracePeriodMs,
    retentionMs: retentionMsOf(pa, config),
    proxying: sks.spec.mode === "Proxy",
    proxiedMs: populated?.status === "True" ? ageMs(populated, world.now) : 0,
  };
}

/** Activating is given up after a while; a jump forward of time is no such while, since no pod could start in it. */
function activityOf(
  conditions: Parameters<typeof activityAge>[0],
  { now, awakeSince }: World,
): ScaleStepInput["active"] {
  const { status, ageMs } = activityAge(conditions, now);
  return { status, ageMs: status === "Unknown" ? Math.min(ageMs, now - awakeSince) : ageMs };
}
