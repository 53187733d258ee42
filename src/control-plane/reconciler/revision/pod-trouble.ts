// Marks the problem of a pod in the status of a Revision without available pods: not scheduled, exited or waiting.
// Source: pkg/reconciler/revision/reconcile_resources.go.
import { QUEUE_PROXY } from "../../../apis/core/pod.ts";
import type { ContainerStatus, Deployment, Pod } from "../../../apis/core/types.ts";
import type { Stored } from "../../../apis/meta/object.ts";
import {
  markContainerExiting,
  markContainerUnfit,
  markResourcesUnavailable,
} from "../../../apis/serving/revision-lifecycle.ts";
import type { RevisionStatus } from "../../../apis/serving/types.ts";
import type { Pass } from "../pass.ts";

/** Reasons that only knap's kubelet reports. The Revision fails at once, without waiting for the progress deadline. */
const NODE_FINDINGS: ReadonlySet<string> = new Set(["LoopbackOnly", "PortMismatch", "NeedsContainer"]);

/** Returns the status with the problem of the first pod. */
export function markPodTrouble(
  pass: Pass<"Revision.serving.knative.dev">,
  deployment: Stored<Deployment>,
): RevisionStatus {
  const { world, at } = pass;
  const namespace = deployment.metadata.namespace;
  const [pod] = world.list("Pod", { namespace, labels: deployment.spec.selector });
  if (!pod) return pass.status;
  const unscheduled = world.config.deployment.podIsAlwaysSchedulable ? undefined : unscheduledCondition(pod);
  const status = unscheduled ? markResourcesUnavailable(pass.status, unscheduled, at) : pass.status;
  for (const container of pod.status?.containerStatuses ?? []) {
    if (container.name === QUEUE_PROXY) continue;
    const marked = markContainerTrouble(status, container, deployment, at);
    if (marked) return marked;
  }
  return status;
}

function unscheduledCondition(pod: Stored<Pod>): { reason: string; message: string } | undefined {
  const found = pod.status?.conditions?.find(({ type, status }) => type === "PodScheduled" && status === "False");
  return found && { reason: found.reason ?? "", message: found.message ?? "" };
}

function markContainerTrouble(
  status: RevisionStatus,
  { lastState, state }: ContainerStatus,
  deployment: Stored<Deployment>,
  at: string,
): RevisionStatus | undefined {
  const ended = lastState?.terminated;
  if (ended) {
    const silent = ended.exitCode === 0 && !ended.message;
    const message = silent ? "container exited with no error" : (ended.message ?? "");
    return markContainerExiting(status, ended.exitCode, message, at);
  }
  const waiting = state?.waiting;
  if (!waiting) return undefined;
  const { reason = "", message = "" } = waiting;
  if (NODE_FINDINGS.has(reason)) return markContainerUnfit(status, { reason, message }, at);
  if (!hasTimedOut(deployment)) return undefined;
  return markResourcesUnavailable(status, { reason, message }, at);
}

function hasTimedOut({ status }: Stored<Deployment>): boolean {
  const progressing = status?.conditions?.find(({ type }) => type === "Progressing");
  return progressing?.status === "False" && progressing.reason === "ProgressDeadlineExceeded";
}
