// Explains in one sentence why a revision has its number of pods: the rule, with its numbers and times.
import { HPA_CLASS, KPA_CLASS } from "../../apis/autoscaling/annotations.ts";
import { activityAge, ageMs } from "../../apis/autoscaling/pod-autoscaler-lifecycle.ts";
import type { PodAutoscaler, RevisionKey } from "../../apis/autoscaling/types.ts";
import { conditionOf } from "../../apis/meta/conditions.ts";
import { debugOf, debugOffCommand } from "../../apis/serving/debug.ts";
import { SERVICE_LABEL } from "../../apis/serving/labels.ts";
import type { Time } from "../../base/clock.ts";
import { timeText } from "../../base/time.ts";
import type { DeciderView } from "./autoscaler.ts";
import { reasonOfDecider } from "./decider-reason.ts";
import { classOf, retentionMsOf, scaleBoundsOf } from "./decider-spec.ts";
import { durationText } from "./duration-text.ts";
import type { ExplainContext, ExplainObjects } from "./explain-objects.ts";
import { reasonOfHpa } from "./hpa-reason.ts";
import type { LedgerEntry } from "./ledger.ts";
import { forecastZero } from "./zero-forecast.ts";

export interface ScaleExplanation {
  readonly revision: RevisionKey;
  /** For example "stays at 1: last request 41 s ago, …". The sentence does not contain the revision's name. */
  readonly sentence: string;
  /** Oldest first. */
  readonly decisions: readonly LedgerEntry[];
}

export function explainScale(revision: RevisionKey, now: Time, objects: ExplainObjects): ScaleExplanation {
  const decisions = (objects.decider ?? objects.hpa)?.ledger.entries() ?? [];
  return { revision, sentence: sentenceOf(now, objects), decisions };
}

function sentenceOf(now: Time, objects: ExplainObjects): string {
  const { pa, decider, config } = objects;
  if (!pa) return "is not scaled yet: it has no PodAutoscaler";
  if (debugOf(pa.metadata)) return `${debugReason(objects, pa)}${waitingOf(objects)}`;
  const autoscalingClass = classOf(pa, config);
  if (autoscalingClass === HPA_CLASS) return `${reasonOfHpa(objects, pa)}${waitingOf(objects)}`;
  if (autoscalingClass !== KPA_CLASS) return `is scaled by ${autoscalingClass}, not by Knative's own autoscaler`;
  if (!decider) return "is not scaled yet: its private Service does not exist, so no statistics are collected";
  const replicas = objects.replicas ?? 1;
  const at = objects.showTime ?? ((time: Time) => `${timeText(time).slice(11, 19)} UTC`);
  const context: ExplainContext = {
    ...objects,
    now,
    pa,
    decider,
    replicas,
    at,
    zeroAt: zeroAt(now, objects, pa, decider),
  };
  return `${sentenceFor(context)}${waitingOf(objects)}`;
}

function debugReason({ replicas = 1, decider, hpa }: ExplainObjects, { metadata }: PodAutoscaler): string {
  const wanted = hpa?.last.replicas ?? decider?.last?.result.desiredScale;
  const demand = wanted === undefined ? "" : ` (traffic needs ${wanted})`;
  const { name: revision, namespace = "", labels } = metadata;
  const off = debugOffCommand({ namespace, service: labels?.[SERVICE_LABEL], revision });
  const where = `127.0.0.1:${debugOf(metadata)?.port}`;
  return `stays at ${replicas}: it is debugged at ${where}${demand}; scaling, liveness, readiness, timeouts and newer revisions wait until \`${off}\``;
}

/** Describes pods that are not ready yet or still stopping. */
function waitingOf({ replicas = 1, readyPods }: ExplainObjects): string {
  const missing = replicas - readyPods;
  if (missing > 0) return `; ${missing} of ${replicas} ${replicas === 1 ? "pod is" : "pods are"} not ready yet`;
  return missing < 0 ? `; ${-missing} more still stopping` : "";
}

function sentenceFor(context: ExplainContext): string {
  const { replicas, pa, now, config, at } = context;
  const decision = context.decider.ledger.entries().findLast((entry) => entry.source === "bounds");
  const stays = replicas === 0 ? "is at zero" : `stays at ${replicas}`;
  const asked = decision?.facts.desired;
  const demand = asked === undefined ? "" : ` (traffic needs ${asked})`;
  const afterMs = decision?.facts.afterMs ?? 0;
  const { min, max } = scaleBoundsOf(pa, config);
  const active = activityAge(pa.status?.conditions, now);
  switch (decision?.rule) {
    case "min-scale":
      return `${stays}: min-scale ${min}${demand}`;
    case "max-scale":
      return `${stays}: max-scale ${max}${demand}`;
    case "initial-scale":
      return `${stays}: it has not reached its initial scale of ${context.decider.spec.initialScale} yet`;
    case "scale-to-zero-disabled":
      return `${stays}: enable-scale-to-zero is false`;
    case "activation-failed":
      return `${stays}: no pod became ready before the progress deadline`;
    case "activating":
      return `${stays}: it waits for its first ready pod until ${at(decision.at + afterMs)}, then goes to zero`;
    case "stable-window":
      return `${stays}: active for ${durationText(active.ageMs)}; goes to zero after ${durationText(context.decider.spec.stableWindowMs)} at the earliest`;
    case "waiting-for-activator":
      return `${stays}: idle; the last pods stay until a probe shows that the activator receives the requests`;
    case "retention":
      return `${stays}: idle, pod retention until ${at(decision.until + afterMs)}, then zero`;
    case "grace":
      return `${stays}: idle, grace period until ${at(decision.until + afterMs)}, then zero`;
    default:
      return reasonOfDecider(context, stays);
  }
}

function zeroAt(now: Time, objects: ExplainObjects, pa: PodAutoscaler, decider: DeciderView): Time | undefined {
  const { config, sks, readyPods } = objects;
  const { min } = scaleBoundsOf(pa, config);
  if (min > 0 || !config.enableScaleToZero) return undefined;
  const populated = conditionOf(sks?.status?.conditions, "ActivatorEndpointsPopulated");
  return forecastZero({
    now,
    lastBusy: decider.traffic?.lastBusy,
    deciderCreatedAt: decider.createdAt,
    stableWindowMs: decider.spec.stableWindowMs,
    scaleDownDelayMs: decider.state.delay ? decider.spec.scaleDownDelayMs : 0,
    maxScaleDownRate: decider.spec.maxScaleDownRate,
    readyPods,
    panicTime: decider.state.panicTime,
    activeSince: now - activityAge(pa.status?.conditions, now).ageMs,
    graceMs: config.scaleToZeroGracePeriodMs,
    retentionMs: retentionMsOf(pa, config),
    proxiedSince: populated?.status === "True" ? now - ageMs(populated, now) : undefined,
  });
}
