// Computes the columns READY, STATUS and RESTARTS of a pod from its container states, as kubectl does.
import type { ContainerState, ContainerStatus, Pod } from "../apis/core/types.ts";

/** Returns the number of ready containers and the number of all containers, as `1/2`. */
export function podReadyText({ spec, status }: Pod): string {
  const ready = (status?.containerStatuses ?? []).filter((container) => container.ready && container.state?.running);
  return `${ready.length}/${spec.containers.length}`;
}

export function podRestarts({ status }: Pod): number {
  return (status?.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0);
}

/** Returns the first that applies: Terminating, an unfinished init container, the reason of a container, the phase. */
export function podStatusText(pod: Pod): string {
  const { status, metadata } = pod;
  if (metadata.deletionTimestamp !== undefined) return "Terminating";
  const init = initText(pod);
  if (init !== undefined) return init;
  const containers = status?.containerStatuses ?? [];
  const reasons = containers.map(({ state }) => stateText(state)).filter((text) => text !== undefined);
  const running = containers.some(({ ready, state }) => ready && state?.running);
  const reason = reasons[0] ?? status?.reason ?? status?.phase ?? "Unknown";
  return reason === "Completed" && running ? "Running" : reason;
}

function initText({ spec, status }: Pod): string | undefined {
  const total = spec.initContainers?.length ?? 0;
  const statuses = status?.initContainerStatuses ?? [];
  const done = statuses.filter(isDone).length;
  const current = statuses.find((container) => !isDone(container));
  if (!current) return undefined;
  const text = stateText(current.state);
  return text !== undefined && text !== "PodInitializing" ? `Init:${text}` : `Init:${done}/${total}`;
}

function isDone({ state }: ContainerStatus): boolean {
  return state?.terminated?.exitCode === 0;
}

function stateText(state: ContainerState | undefined): string | undefined {
  if (state?.waiting?.reason) return state.waiting.reason;
  const end = state?.terminated;
  if (!end) return undefined;
  return end.reason || (end.signal ? `Signal:${end.signal}` : `ExitCode:${end.exitCode}`);
}
