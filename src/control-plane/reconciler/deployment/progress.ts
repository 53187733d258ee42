// Computes the conditions of a Deployment: Available, Progressing and ReplicaFailure.
// Source: kubernetes pkg/controller/deployment/{progress,util/deployment_util}.go.
import type { CoreCondition, Deployment, DeploymentStatus } from "../../../apis/core/types.ts";
import type { Stored } from "../../../apis/meta/object.ts";
import type { Time } from "../../../base/clock.ts";
import { parseTime, timeText } from "../../../base/time.ts";
import type { World } from "../../controller/reconciler.ts";

const DEFAULT_DEADLINE_SECONDS = 600;
const COMPLETE = "NewReplicaSetAvailable";
const TIMED_OUT = "ProgressDeadlineExceeded";

export interface Counts {
  readonly replicas: number;
  readonly updatedReplicas: number;
  readonly readyReplicas: number;
  readonly availableReplicas: number;
}

type Instant = Pick<World, "now" | "awakeSince">;

/** Returns all conditions for these counts. `failure`: why a Pod could not be created. */
export function deploymentConditions(
  deployment: Stored<Deployment>,
  counts: Counts,
  observed: { readonly replicaSet: string; readonly failure: string | undefined; readonly at: Instant },
): readonly CoreCondition[] {
  const { replicaSet, failure, at } = observed;
  const before = deployment.status?.conditions ?? [];
  const wanted = deployment.spec.replicas ?? 1;
  const isAvailable = counts.availableReplicas >= wanted;
  const marks = [
    mark("Available", isAvailable, {
      reason: isAvailable ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
      message: isAvailable ? "Deployment has minimum availability." : "Deployment does not have minimum availability.",
    }),
    ...(failure === undefined ? [] : [mark("ReplicaFailure", true, { reason: "FailedCreate", message: failure })]),
  ].map((condition) => settle(condition, before, at.now));
  return [...marks, progressing(deployment, counts, replicaSet, at)].toSorted((a, b) => (a.type < b.type ? -1 : 1));
}

/** Returns the ms until the progress deadline; undefined if the Deployment is complete or has timed out. */
export function msToDeadline(
  deployment: Stored<Deployment>,
  progress: CoreCondition | undefined,
  { now, awakeSince }: Instant,
): number | undefined {
  if (!progress || progress.reason === COMPLETE || progress.reason === TIMED_OUT) return undefined;
  const since = Math.max(parseTime(progress.lastUpdateTime ?? "") ?? now, awakeSince);
  const deadlineMs = (deployment.spec.progressDeadlineSeconds ?? DEFAULT_DEADLINE_SECONDS) * 1000;
  // Timestamps have whole seconds, so one second is added.
  return Math.max(1, since + deadlineMs + 1000 - now);
}

function progressing(deployment: Stored<Deployment>, counts: Counts, replicaSet: string, at: Instant): CoreCondition {
  const { status, spec } = deployment;
  const current = status?.conditions?.find(({ type }) => type === "Progressing");
  const name = `ReplicaSet "${replicaSet}"`;
  const fresh = (reason: string, message: string, ok = true): CoreCondition => {
    const made = mark("Progressing", ok, { reason, message });
    return { ...settle(made, current ? [current] : [], at.now), lastUpdateTime: timeText(at.now) };
  };
  if (current?.reason === COMPLETE && counts.replicas === counts.updatedReplicas) return current;
  const wanted = spec.replicas ?? 1;
  const isComplete = Object.values(counts).every((count) => count === wanted);
  if (isComplete) return fresh(COMPLETE, `${name} has successfully progressed.`);
  if (!current) return fresh("NewReplicaSetCreated", `Created new replica set "${replicaSet}"`);
  if (hasMoved(counts, status)) return fresh("ReplicaSetUpdated", `${name} is progressing.`);
  if (current.reason === TIMED_OUT) return current;
  const due = (msToDeadline(deployment, current, at) ?? Number.POSITIVE_INFINITY) <= 1;
  return due ? fresh(TIMED_OUT, `${name} has timed out progressing.`, false) : current;
}

function hasMoved(counts: Counts, before: DeploymentStatus = {}): boolean {
  const old = (of: { replicas?: number; updatedReplicas?: number }) => (of.replicas ?? 0) - (of.updatedReplicas ?? 0);
  return (
    counts.updatedReplicas > (before.updatedReplicas ?? 0) ||
    old(counts) < old(before) ||
    counts.readyReplicas > (before.readyReplicas ?? 0) ||
    counts.availableReplicas > (before.availableReplicas ?? 0)
  );
}

function mark(type: string, ok: boolean, why: { reason: string; message: string }): CoreCondition {
  return { type, status: ok ? "True" : "False", ...why };
}

/** Sets lastUpdateTime if a field differs, and lastTransitionTime if the status differs. */
function settle(condition: CoreCondition, before: readonly CoreCondition[], now: Time): CoreCondition {
  const old = before.find(({ type }) => type === condition.type);
  const { status, reason, message } = condition;
  if (old?.status === status && old.reason === reason && old.message === message) return old;
  const at = timeText(now);
  const { lastTransitionTime = at } = old ?? {};
  return { ...condition, lastUpdateTime: at, lastTransitionTime: old?.status === status ? lastTransitionTime : at };
}
