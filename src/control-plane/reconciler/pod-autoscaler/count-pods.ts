// Counting the pods of a revision as the autoscaler's reconcile sees them. Source: pkg/resources/pods.go.

import { isPodServing } from "../../../apis/core/pod.ts";
import type { Pod } from "../../../apis/core/types.ts";

export interface PodCounts {
  readonly ready: number;
  readonly notReady: number;
  readonly pending: number;
  readonly terminating: number;
}

/** Pending and terminating pods are not ready ones too; finished pods do not count. */
export function countPods(pods: readonly Pod[]): PodCounts {
  const counts = { ready: 0, notReady: 0, pending: 0, terminating: 0 };
  for (const pod of pods) {
    const { phase } = pod.status ?? {};
    if (phase === "Pending") counts.pending += 1;
    else if (phase !== "Running") continue;
    else if (pod.metadata.deletionTimestamp !== undefined) counts.terminating += 1;
    if (isPodServing(pod)) counts.ready += 1;
    else counts.notReady += 1;
  }
  return counts;
}
