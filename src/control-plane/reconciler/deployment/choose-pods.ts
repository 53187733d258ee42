// How many Pods to make and which to stop, so that a Deployment has its replicas, all of the present template, without ever
// having too few ready ones (maxUnavailable 0).

import { isPodActive, isPodReady } from "../../../apis/core/pod.ts";
import type { Pod } from "../../../apis/core/types.ts";
import { inOrderOfRetirement } from "./pod-ranks.ts";

export interface Choice {
  readonly create: number;
  readonly retire: readonly Pod[];
}

/** A quarter of the replicas, at least one, may be there in addition while templates change. */
const SURGE = 0.25;

/** `isCurrent`: made from the present template. */
export function choosePods(wanted: number, pods: readonly Pod[], isCurrent: (pod: Pod) => boolean): Choice {
  const alive = pods.filter(isPodActive);
  const current = alive.filter(isCurrent);
  const old = alive.filter((pod) => !isCurrent(pod));
  const surplus = current.length > wanted ? inOrderOfRetirement(current).slice(0, current.length - wanted) : [];
  if (old.length === 0) return { create: Math.max(0, wanted - current.length), retire: surplus };
  const most = wanted + Math.ceil(wanted * SURGE);
  const create = Math.max(0, Math.min(wanted - current.length, most - alive.length));
  return { create, retire: [...surplus, ...dispensable(old, current.filter(isPodReady).length, wanted)] };
}

/** Old Pods that are not ready serve nobody; of the ready ones, as many as new ones have replaced. */
function dispensable(old: readonly Pod[], readyNew: number, wanted: number): readonly Pod[] {
  const ordered = inOrderOfRetirement(old);
  const ready = ordered.filter(isPodReady);
  const spare = Math.max(0, ready.length + readyNew - wanted);
  return [...ordered.filter((pod) => !isPodReady(pod)), ...ready.slice(0, spare)];
}
