// Chooses how many Pods of a Deployment to create and which to delete, with maxUnavailable 0.
import { isPodActive, isPodReady, podReadyCondition } from "../../../apis/core/pod.ts";
import type { Pod } from "../../../apis/core/types.ts";
import type { Stored } from "../../../apis/meta/object.ts";

export interface PodChoice {
  readonly create: number;
  readonly retire: readonly Stored<Pod>[];
}

/** The fraction of extra Pods during a template change. The number is rounded up. */
const SURGE = 0.25;

/** `isCurrent` returns true for a Pod of the current template. */
export function choosePods(
  wanted: number,
  pods: readonly Stored<Pod>[],
  isCurrent: (pod: Stored<Pod>) => boolean,
): PodChoice {
  const alive = pods.filter(isPodActive);
  const current = alive.filter(isCurrent);
  const old = alive.filter((pod) => !isCurrent(pod));
  const surplus = current.length > wanted ? inDeletionOrder(current).slice(0, current.length - wanted) : [];
  if (old.length === 0) return { create: Math.max(0, wanted - current.length), retire: surplus };
  const most = wanted + Math.ceil(wanted * SURGE);
  const create = Math.max(0, Math.min(wanted - current.length, most - alive.length));
  return { create, retire: [...surplus, ...replaceable(old, current.filter(isPodReady).length, wanted)] };
}

/** Returns the old Pods that are not ready, and as many ready ones as ready new Pods replace. */
function replaceable(old: readonly Stored<Pod>[], readyNew: number, wanted: number): readonly Stored<Pod>[] {
  const ordered = inDeletionOrder(old);
  const ready = ordered.filter(isPodReady);
  const spare = Math.max(0, ready.length + readyNew - wanted);
  return [...ordered.filter((pod) => !isPodReady(pod)), ...ready.slice(0, spare)];
}

/**
 * Sorts Pods for deletion: first Pods that are not scheduled, not running or not ready, then the shortest time ready,
 * then the youngest.
 */
export function inDeletionOrder(pods: readonly Stored<Pod>[]): readonly Stored<Pod>[] {
  const ranks = (pod: Stored<Pod>): readonly (number | string)[] => [
    pod.spec.nodeName === undefined ? 0 : 1,
    pod.status?.phase === "Running" ? 1 : 0,
    isPodReady(pod) ? 1 : 0,
  ];
  const since = (pod: Stored<Pod>): string =>
    isPodReady(pod) ? (podReadyCondition(pod)?.lastTransitionTime ?? "") : "";
  return pods.toSorted(
    (a, b) =>
      compareAll(ranks(a), ranks(b)) ||
      compareAll([since(b), b.metadata.creationTimestamp], [since(a), a.metadata.creationTimestamp]) ||
      compareAll([a.metadata.name], [b.metadata.name]),
  );
}

function compareAll(a: readonly (number | string)[], b: readonly (number | string)[]): number {
  for (const [index, left] of a.entries()) {
    const right = b[index] ?? "";
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}
