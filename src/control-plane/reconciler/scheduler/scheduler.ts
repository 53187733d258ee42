// Plans for a Pod without a node: binds it to a node, or marks it unschedulable. The scheduler does not preempt Pods.
import type { CoreCondition, Node, Pod } from "../../../apis/core/types.ts";
import { keyOf, type ObjectKey } from "../../../apis/meta/key.ts";
import type { AnyObject, Stored } from "../../../apis/meta/object.ts";
import { timeText } from "../../../base/time.ts";
import type { OwnedFields, Plan, Reconciler, World } from "../../controller/reconciler.ts";
import { nano, sumOf } from "../deployment/quota.ts";

const KIND = "Pod";
const WAITING = "waiting";

export const schedulerPlanner: Reconciler<typeof KIND> = {
  name: "scheduler",
  kind: KIND,
  /** A changed Pod or Node can have freed resources, so all Pods without a node are enqueued. */
  watches: (changed, view): readonly ObjectKey[] => {
    if (changed.kind !== "Pod" && changed.kind !== "Node") return [];
    return view.list(KIND, { index: { by: nodeOrWaiting, value: WAITING } }).map(keyOf);
  },
  reconcile: (pod, world): Plan<typeof KIND> => {
    if (!isWaiting(pod) || pod.metadata.deletionTimestamp !== undefined) return {};
    const nodes = world.list("Node");
    const findings = nodes.map((node) => shortages(node, pod, world));
    const node = nodes[findings.findIndex((found) => found.length === 0)];
    if (node) return { ensure: [bind(pod, node, world)] };
    const message = unschedulable(findings);
    const known = pod.status?.conditions?.find(({ type }) => type === "PodScheduled");
    if (known?.status === "False" && known.message === message) return {};
    const condition: CoreCondition = { ...scheduled("False", world), reason: "Unschedulable", message };
    return {
      ensure: [{ key: keyOf(pod), fields: { status: withCondition(pod, condition) }, status: true }],
      events: [{ type: "Warning", reason: "FailedScheduling", message }],
    };
  },
};

/** Indexes Pods by their node. Pods without a node are indexed as waiting. */
function nodeOrWaiting(object: AnyObject): readonly string[] {
  const pod = object as Stored<Pod>;
  if (pod.spec.nodeName !== undefined) return [`node/${pod.spec.nodeName}`];
  return isWaiting(pod) ? [WAITING] : [];
}

function isWaiting(pod: Stored<Pod>): boolean {
  return pod.spec.nodeName === undefined && pod.metadata.deletionTimestamp === undefined;
}

function bind(pod: Stored<Pod>, node: Node, world: World): OwnedFields {
  const status = withCondition(pod, scheduled("True", world));
  return { key: keyOf(pod), fields: { spec: { nodeName: node.metadata.name }, status }, status: true };
}

function scheduled(status: "True" | "False", world: World): CoreCondition {
  return { type: "PodScheduled", status, lastTransitionTime: timeText(world.now) };
}

/** Returns the status with this condition replaced. */
function withCondition(pod: Stored<Pod>, condition: CoreCondition): Pod["status"] {
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== condition.type);
  return { phase: pod.status?.phase ?? "Pending", conditions: [...others, condition] };
}

/** Kubernetes gives this taint to nodes without a kubelet, for example a Node object that a user creates. */
const NOT_READY = "node(s) had untolerated taint {node.kubernetes.io/not-ready: }";

/** Returns what the node lacks, in Kubernetes' words. A resource that the node does not list is unlimited. */
function shortages(node: Node, pod: Stored<Pod>, world: World): readonly string[] {
  const isReady = node.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
  if (!isReady) return [NOT_READY];
  const allocatable = node.status?.allocatable ?? {};
  const index = { by: nodeOrWaiting, value: `node/${node.metadata.name}` };
  const unfinished = world.list("Pod", { index }).filter(isUnfinished);
  const lacks: string[] = [];
  for (const resource of ["cpu", "memory"]) {
    const asked = sumOf(pod.spec, "requests", resource);
    if (asked === 0n || allocatable[resource] === undefined) continue;
    const used = unfinished.reduce((sum, { spec }) => sum + sumOf(spec, "requests", resource), 0n);
    if (used + asked > nano(allocatable[resource])) lacks.push(`Insufficient ${resource}`);
  }
  if (allocatable["pods"] !== undefined && unfinished.length + 1 > Number(allocatable["pods"]))
    lacks.push("Too many pods");
  return lacks;
}

function isUnfinished({ status }: Stored<Pod>): boolean {
  return status?.phase !== "Succeeded" && status?.phase !== "Failed";
}

function unschedulable(findings: readonly (readonly string[])[]): string {
  const total = findings.length;
  if (total === 0) return "no nodes available to schedule pods";
  const counts = new Map<string, number>();
  for (const lack of findings.flat()) counts.set(lack, (counts.get(lack) ?? 0) + 1);
  const reasons = [...counts].map(([lack, count]) => `${count} ${lack}`).sort();
  return `0/${total} nodes are available: ${reasons.join(", ")}.`;
}
