// Changes the status of a Revision.
// Source: pkg/apis/serving/v1/revision_lifecycle.go, pkg/apis/serving/k8s_lifecycle.go.
import type { PodAutoscalerStatus } from "../autoscaling/types.ts";
import type { CoreCondition, DeploymentStatus } from "../core/types.ts";
import { type ConditionReason, conditionOf, revisionConditions } from "../meta/conditions.ts";
import { makeStatusConditions } from "./status-conditions.ts";
import type { RevisionStatus } from "./types.ts";

const RESOURCES = "ResourcesAvailable";
const CONTAINER = "ContainerHealthy";
const ACTIVE = "Active";
const DEPLOYING = { reason: "Deploying" };
const conditions = makeStatusConditions<RevisionStatus>(revisionConditions);

export function markResolvingDigests(status: RevisionStatus, at: string): RevisionStatus {
  return conditions.markUnknown(status, RESOURCES, at, { reason: "ResolvingDigests" });
}

export function markContainerMissing(status: RevisionStatus, message: string, at: string): RevisionStatus {
  return conditions.markFalse(status, CONTAINER, at, { reason: "ContainerMissing", message });
}

/** Sets ResourcesAvailable and ContainerHealthy to Unknown because the Deployment was just created. */
export function markDeploying(status: RevisionStatus, at: string): RevisionStatus {
  return conditions.markUnknown(conditions.markUnknown(status, RESOURCES, at, DEPLOYING), CONTAINER, at, DEPLOYING);
}

/** `kind` is `Deployment` or `PodAutoscaler`. */
export function markResourceNotOwned(status: RevisionStatus, kind: string, name: string, at: string): RevisionStatus {
  const message = `There is an existing ${kind} "${name}" that we do not own.`;
  return conditions.markFalse(status, RESOURCES, at, { reason: "NotOwned", message });
}

export function markResourcesUnavailable(status: RevisionStatus, because: ConditionReason, at: string): RevisionStatus {
  return conditions.markFalse(status, RESOURCES, at, because);
}

/** `message` is the container's termination message, else the reason of its termination. */
export function markContainerExiting(
  status: RevisionStatus,
  exitCode: number,
  message: string,
  at: string,
): RevisionStatus {
  const because = { reason: `ExitCode${exitCode}`, message: `Container failed with: ${message}` };
  return conditions.markFalse(status, CONTAINER, at, because);
}

/** Called when the container runs but cannot serve, for a reason that the node found. */
export function markContainerUnfit(status: RevisionStatus, because: ConditionReason, at: string): RevisionStatus {
  return conditions.markFalse(status, CONTAINER, at, because);
}

export function markContainerHealthy(status: RevisionStatus, at: string): RevisionStatus {
  return conditions.markTrue(status, CONTAINER, at);
}

/** Derives ResourcesAvailable from the Deployment's conditions Progressing and ReplicaFailure. */
export function propagateDeploymentStatus(
  status: RevisionStatus,
  deployment: DeploymentStatus,
  at: string,
): RevisionStatus {
  const { available, because } = availability(deployment.conditions ?? []);
  if (available === "True") return conditions.markTrue(status, RESOURCES, at);
  return available === "False"
    ? conditions.markFalse(status, RESOURCES, at, because)
    : conditions.markUnknown(status, RESOURCES, at, because);
}

function availability(conditions: readonly CoreCondition[]): { available: string; because: ConditionReason } {
  const progressing = conditions.find(({ type }) => type === "Progressing");
  const failure = conditions.find(({ type }) => type === "ReplicaFailure");
  if (progressing?.status === "False") return { available: "False", because: progressing };
  if (failure?.status === "True") return { available: "False", because: failure };
  if (!progressing) return { available: "Unknown", because: DEPLOYING };
  return { available: progressing.status, because: progressing.status === "True" ? {} : progressing };
}

/** True while neither ResourcesAvailable nor ContainerHealthy is False. */
function hasNoFailure({ conditions }: RevisionStatus): boolean {
  return [RESOURCES, CONTAINER].every((type) => conditionOf(conditions, type)?.status !== "False");
}

/** Copies the PodAutoscaler's replica counts and activity, and derives whether the initial scale was reached. */
export function propagateAutoscalerStatus(
  status: RevisionStatus,
  from: PodAutoscalerStatus,
  at: string,
): RevisionStatus {
  let next = withReplicas(status, from);
  const ready = conditionOf(from.conditions, "Ready");
  if (!ready) return markNotYetScaled(next, at);
  const initialized = conditionOf(from.conditions, "ScaleTargetInitialized")?.status === "True";
  if (initialized && hasNoFailure(next)) {
    next = conditions.markTrue(conditions.markTrue(next, RESOURCES, at), CONTAINER, at);
  }
  const available = conditionOf(next.conditions, RESOURCES)?.status === "True";
  if (available && (!from.serviceName || !initialized)) next = conditions.markUnknown(next, RESOURCES, at, DEPLOYING);
  if (ready.status === "Unknown") return conditions.markUnknown(next, ACTIVE, at, ready);
  if (ready.status === "True") return conditions.markTrue(next, ACTIVE, at);
  if (!initialized && from.serviceName && hasNoFailure(next)) {
    const because = { reason: "ProgressDeadlineExceeded", message: "Initial scale was never achieved" };
    next = conditions.markFalse(next, RESOURCES, at, because);
  }
  return conditions.markFalse(next, ACTIVE, at, ready);
}

function markNotYetScaled(status: RevisionStatus, at: string): RevisionStatus {
  const next = conditions.markUnknown(status, ACTIVE, at, DEPLOYING);
  return hasNoFailure(next) ? conditions.markUnknown(next, RESOURCES, at, DEPLOYING) : next;
}

/** Omits negative counts, which mean unknown. */
function withReplicas(status: RevisionStatus, from: PodAutoscalerStatus): RevisionStatus {
  const { actualReplicas: _actual, desiredReplicas: _desired, ...rest } = status;
  const { actualScale, desiredScale } = from;
  return {
    ...rest,
    ...(actualScale !== undefined && actualScale >= 0 ? { actualReplicas: actualScale } : {}),
    ...(desiredScale !== undefined && desiredScale >= 0 ? { desiredReplicas: desiredScale } : {}),
  };
}
