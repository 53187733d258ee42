// Helpers of one reconcile of a PodAutoscaler, for both classes.
import * as lifecycle from "../../../apis/autoscaling/pod-autoscaler-lifecycle.ts";
import type { Metric } from "../../../apis/autoscaling/types.ts";
import type { Condition } from "../../../apis/meta/conditions.ts";
import type { Stored } from "../../../apis/meta/object.ts";
import type { ServerlessService } from "../../../apis/networking/types.ts";
import { isControlledBy } from "../ownership.ts";
import type { Pass, ReconcileError } from "../pass.ts";

export type PodAutoscalerPass = Pass<"PodAutoscaler.autoscaling.internal.knative.dev">;

export function conditionsOf(pass: PodAutoscalerPass): readonly Condition[] {
  return pass.status.conditions ?? [];
}

export function mark(pass: PodAutoscalerPass, conditions: readonly Condition[]): void {
  pass.status = { ...pass.status, conditions };
}

/** If another object owns the child, marks that in the status and returns Knative's error text. */
export function refuseForeign(
  pass: PodAutoscalerPass,
  child: Stored<ServerlessService> | Stored<Metric> | undefined,
): ReconcileError {
  if (!child || isControlledBy(child, pass.object)) return undefined;
  const { name } = pass.object.metadata;
  mark(pass, lifecycle.markNotOwned(conditionsOf(pass), child.kind, name, pass.at));
  const kind = child.kind === "ServerlessService" ? "SKS" : child.kind;
  return `error reconciling ${kind}: PA: ${name} does not own ${kind}: ${name}`;
}
