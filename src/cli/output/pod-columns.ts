// What `get pods` says of a pod: kubectl's READY, STATUS and RESTARTS, which are worked out from container states. Pure.
import type { ContainerStatus, Pod } from "../../apis/core/types.ts";
import type { AnyObject } from "../../apis/meta/object.ts";

export const podHeaders = {
  short: ["READY", "STATUS", "RESTARTS", "AGE"],
  wide: ["IP", "NODE", "NOMINATED NODE", "READINESS GATES"],
};

function stateReason({ state }: ContainerStatus): string | undefined {
  if (state?.waiting?.reason) return state.waiting.reason;
  if (state?.terminated === undefined) return undefined;
  const { reason, signal, exitCode } = state.terminated;
  return reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode}`);
}

/** kubectl's STATUS: the most telling container state, else the phase. */
export function podStatusText(pod: Pod): string {
  const { status } = pod;
  if (pod.metadata.deletionTimestamp) return "Terminating";
  const failing = status?.initContainerStatuses?.find(
    ({ state }) => state?.terminated?.exitCode !== 0 && !state?.running,
  );
  if (failing !== undefined && stateReason(failing) !== undefined) return `Init:${stateReason(failing)}`;
  const reasons = (status?.containerStatuses ?? []).map(stateReason).filter((reason) => reason !== undefined);
  const ready = status?.conditions?.find(({ type }) => type === "Ready")?.status === "True";
  if (reasons.length > 0 && !(reasons.every((reason) => reason === "Completed") && ready))
    return reasons.at(-1) as string;
  return status?.reason ?? status?.phase ?? "Pending";
}

export function podCells(object: AnyObject): { readonly short: readonly string[]; readonly wide: readonly string[] } {
  const pod = object as Pod;
  const containers = pod.status?.containerStatuses ?? [];
  const total = pod.spec?.containers?.length ?? 0;
  const restarts = containers.reduce((sum, { restartCount }) => sum + restartCount, 0);
  return {
    short: [`${containers.filter(({ ready }) => ready).length}/${total}`, podStatusText(pod), String(restarts)],
    wide: [pod.status?.podIP ?? "<none>", pod.spec?.nodeName ?? "<none>", "<none>", "<none>"],
  };
}
