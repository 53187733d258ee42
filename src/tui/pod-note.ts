// Writes the note in the row of a pod, and says why a pod is not ready.
import { isPodServing, podReadyCondition } from "../apis/core/pod.ts";
import type { Pod } from "../apis/core/types.ts";
import type { Stored } from "../apis/meta/object.ts";
import { countText } from "../base/count-text.ts";

/** Returns what the kubelet reports about a pod that is not ready: a container's last end, or its failing probe. */
export function podTrouble(pod: Stored<Pod>): string | undefined {
  if (pod.metadata.deletionTimestamp !== undefined) return undefined;
  for (const { state, lastState } of pod.status?.containerStatuses ?? []) {
    const { message } = state?.terminated ?? lastState?.terminated ?? state?.waiting ?? {};
    if (message) return message;
  }
  // "containers with unready status: [app]; startup probe of container "app" failed: …"
  const [, ...reasons] = podReadyCondition(pod)?.message?.split("; ") ?? [];
  return reasons.length > 0 ? reasons.join("; ") : undefined;
}

export function podNote(pod: Stored<Pod>): string {
  const containers = pod.status?.containerStatuses ?? [];
  const states = containers.flatMap(({ state }) => state?.waiting?.reason ?? state?.terminated?.reason ?? []);
  const restarts = containers.reduce((sum, { restartCount = 0 }) => sum + restartCount, 0);
  const trouble = isPodServing(pod) ? undefined : podTrouble(pod);
  return [
    states[0] ?? pod.status?.phase ?? "Pending",
    restarts > 0 ? `, ${countText(restarts, "restart")}` : "",
    trouble === undefined ? "" : `: ${trouble}`,
  ].join("");
}
