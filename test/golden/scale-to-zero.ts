// Golden suite for scale-to-zero.json: single reconcile steps of a KPA with the scale and the Active condition.
import { progressDeadlineMs } from "../../src/apis/autoscaling/annotations.ts";
import type { Condition, ConditionStatus } from "../../src/apis/meta/conditions.ts";
import { conditionOf, isConditionTrue } from "../../src/apis/meta/conditions.ts";
import { makeDeciderSpec, retentionMsOf, scaleBoundsOf } from "../../src/control-plane/autoscaler/decider-spec.ts";
import { concludeActivity, numActivatorsOf } from "../../src/control-plane/reconciler/pod-autoscaler/activity.ts";
import { scaleStep } from "../../src/control-plane/reconciler/pod-autoscaler/scale-step.ts";
import type { Suite, Verdict } from "./case.ts";
import { resolved, type Source, verdictOf } from "./scaling-source.ts";

interface Given extends Source {
  readonly progressDeadlineMs: number;
  readonly desired: number;
  readonly replicas: number;
  readonly ready: number;
  readonly active: ConditionStatus;
  readonly activeMs: number;
  readonly initialized: boolean;
  readonly hasServiceName: boolean;
  readonly sksMode: "Serve" | "Proxy";
  readonly proxyMs: number;
  readonly probe: boolean;
}
interface Case {
  readonly id: string;
  readonly in: Given;
  readonly out: Readonly<Record<string, unknown>>;
}

const NO_TRAFFIC = { reason: "NoTraffic", message: "The target is not receiving traffic." };

function outcome(given: Given): Readonly<Record<string, unknown>> {
  const { pa, config } = resolved(given);
  const spec = makeDeciderSpec(pa, config);
  const { min, max } = scaleBoundsOf(pa, config);
  let probed = false;
  const step = scaleStep({
    ...spec,
    min,
    max,
    desired: given.desired,
    initialized: given.initialized,
    active: { status: given.active, ageMs: given.activeMs },
    replicas: given.replicas,
    enableScaleToZero: config.enableScaleToZero,
    progressDeadlineMs: progressDeadlineMs(given.annotations) ?? given.progressDeadlineMs,
    graceMs: config.scaleToZeroGracePeriodMs,
    retentionMs: retentionMsOf(pa, config),
    proxying: given.sksMode === "Proxy",
    proxiedMs: Math.max(0, given.proxyMs),
    probe: () => {
      probed = true;
      return given.probe;
    },
  });
  const before: readonly Condition[] = [
    { type: "Active", status: given.active, ...(given.active === "False" && NO_TRAFFIC) },
    { type: "ScaleTargetInitialized", status: given.initialized ? "True" : "Unknown" },
  ];
  const after = concludeActivity(before, {
    want: step.want,
    ready: given.ready,
    min,
    initialScale: spec.initialScale,
    initialized: given.initialized,
    hasService: given.hasServiceName,
    at: "2000-01-01T00:00:00Z",
  });
  const active = conditionOf(after, "Active");
  return {
    want: step.want,
    applied: step.replicas ?? null,
    enqueueMs: step.requeueAfterMs === undefined ? [] : [step.requeueAfterMs],
    probed,
    asyncProbe: step.probeFailed ?? false,
    active: active?.status,
    reason: active?.reason ?? "",
    message: active?.message ?? "",
    initialized: isConditionTrue(after, "ScaleTargetInitialized"),
    numActivators: numActivatorsOf(given.ready, spec),
  };
}

export const scaleToZeroSuite: Suite = (file) =>
  (file as { readonly cases: readonly Case[] }).cases.map((one): Verdict => {
    const got = outcome(one.in);
    const differing = Object.keys(one.out).filter((key) => JSON.stringify(got[key]) !== JSON.stringify(one.out[key]));
    const why = differing.map((key) => `${key}: ${JSON.stringify(got[key])}, not ${JSON.stringify(one.out[key])}`);
    return verdictOf(one.id, why.length > 0 ? why.join("; ") : undefined);
  });
