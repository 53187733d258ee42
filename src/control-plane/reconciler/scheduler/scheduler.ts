// Plans for a Pod without a node: binds it to a node, or marks it unschedulable. There is no preemption.
import type { CoreCondition, Node, Pod } from "../../../apis/core/types.ts";
import { keyOf, type ObjectKey } from "../../../apis/meta/key.ts";
import type { AnyObject, Stored } from "../../../apis/meta/object.ts";
import { SERVICE_LABEL } from "../../../apis/serving/labels.ts";
import { timeText } from "../../../base/time.ts";
import type { OwnedFields, Plan, Reconciler, World } from "../../controller/reconciler.ts";
import { nano, sumOf } from "../deployment/quota.ts";

const KIND = "Pod";
const WAITING = "waiting";

type Resource = "cpu" | "memory" | "pods";

/** Kubernetes' words for a resource that a node lacks. */
const LACKS: Readonly<Record<Resource, string>> = {
  cpu: "Insufficient cpu",
  memory: "Insufficient memory",
  pods: "Too many pods",
};
/** The message names this many Services. */
const MOST_HOLDERS = 3;

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
    const message = [unschedulable(findings), ...advice(findings, world)].join(" ");
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

/** Returns what the node lacks. A resource that the node does not list is unlimited. */
function shortages(node: Node, pod: Stored<Pod>, world: World): readonly Resource[] {
  const allocatable = node.status?.allocatable ?? {};
  const index = { by: nodeOrWaiting, value: `node/${node.metadata.name}` };
  const unfinished = world.list("Pod", { index }).filter(isUnfinished);
  const lacks: Resource[] = [];
  for (const resource of ["cpu", "memory"] as const) {
    const asked = sumOf(pod.spec, "requests", resource);
    if (asked === 0n || allocatable[resource] === undefined) continue;
    const used = unfinished.reduce((sum, { spec }) => sum + sumOf(spec, "requests", resource), 0n);
    if (used + asked > nano(allocatable[resource])) lacks.push(resource);
  }
  if (allocatable["pods"] !== undefined && unfinished.length + 1 > Number(allocatable["pods"])) lacks.push("pods");
  return lacks;
}

function isUnfinished({ status }: Stored<Pod>): boolean {
  return status?.phase !== "Succeeded" && status?.phase !== "Failed";
}

/** Kubernetes' message. */
function unschedulable(findings: readonly (readonly Resource[])[]): string {
  const total = findings.length;
  if (total === 0) return "no nodes available to schedule pods";
  const counts = new Map<string, number>();
  for (const resource of findings.flat()) counts.set(LACKS[resource], (counts.get(LACKS[resource]) ?? 0) + 1);
  const reasons = [...counts].map(([lack, count]) => `${count} ${lack}`).sort();
  return `0/${total} nodes are available: ${reasons.join(", ")}.`;
}

/** Returns which Services hold what the nodes lack, and what the user can do. Without amounts, which change often. */
function advice(findings: readonly (readonly Resource[])[], world: World): readonly string[] {
  const pods = world.list(KIND).filter((pod) => pod.spec.nodeName !== undefined && isUnfinished(pod));
  return [...new Set(findings.flat())].map((resource) => {
    const held = new Map<string, bigint>();
    for (const pod of pods) {
      const amount = resource === "pods" ? 1n : sumOf(pod.spec, "requests", resource);
      if (amount > 0n) held.set(ownerOf(pod), (held.get(ownerOf(pod)) ?? 0n) + amount);
    }
    const remedy = resource === "pods" ? "lower its max-scale, or raise --max-pods" : `lower requests.${resource}`;
    if (held.size === 0) return `The node has less ${resource} than the Pod requests: ${remedy}.`;
    const byAmount = [...held].sort(([a, x], [b, y]) => (x === y ? (a < b ? -1 : 1) : x > y ? -1 : 1));
    const names = byAmount.slice(0, MOST_HOLDERS).map(([name]) => name);
    const more = held.size - names.length;
    const who = more > 0 ? `${names.join(", ")} and ${more} more` : names.join(", ");
    return `Services that use the most ${resource}: ${who}. Delete or scale down one of them, or ${remedy}.`;
  });
}

/** The Service of a pod; else the pod's own name. */
function ownerOf({ metadata: { labels, name } }: Stored<Pod>): string {
  return labels?.[SERVICE_LABEL] ?? name;
}
