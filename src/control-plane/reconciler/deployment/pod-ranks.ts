// Which Pods count, and which go first when there are too many. Source: kubernetes pkg/controller/controller_utils.go.
import { isPodReady, podReadyCondition } from "../../../apis/core/pod.ts";
import type { Pod } from "../../../apis/core/types.ts";

/** Those to stop first come first: not scheduled, not running, not ready, then the one that is ready for the shortest time, the youngest. */
export function inOrderOfRetirement(pods: readonly Pod[]): readonly Pod[] {
  const ranks = (pod: Pod): readonly (number | string)[] => [
    pod.spec.nodeName === undefined ? 0 : 1,
    pod.status?.phase === "Running" ? 1 : 0,
    isPodReady(pod) ? 1 : 0,
  ];
  const since = (pod: Pod): string => (isPodReady(pod) ? (podReadyCondition(pod)?.lastTransitionTime ?? "") : "");
  return pods.toSorted(
    (a, b) =>
      compareAll(ranks(a), ranks(b)) ||
      compareAll([since(b), b.metadata.creationTimestamp ?? ""], [since(a), a.metadata.creationTimestamp ?? ""]) ||
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
