// Computes the facts of a container whose restart was requested. Such a restart is no failure: it has no back-off, and
// the exit does not show in the status. Pure.
import type { ContainerFacts, RestartFacts } from "./pod-facts.ts";

/** Returns the input if the container neither runs nor failed: it starts with the new files anyway. */
export function requestRestart(
  container: ContainerFacts,
  { reason, isNew }: Pick<RestartFacts, "reason" | "isNew">,
): ContainerFacts {
  const { run, blocked, restart } = container;
  if (run.state === "none" && !blocked) return container;
  return {
    ...container,
    restart: { reason, due: restart?.due ?? false, isNew: isNew || (restart?.isNew ?? false) },
  };
}

/** Makes a running container unready, so that it gets no more requests. A failed one starts again at once. */
export function beginRestart(container: ContainerFacts): ContainerFacts {
  const { run, restart, blocked } = container;
  if (!restart) return container;
  const due = { ...container, restart: { ...restart, due: true } };
  if (run.state === "exited") return endRestarted({ ...due, restart: { ...due.restart, isNew: true } }, undefined);
  if (run.state === "none" && blocked) return { ...due, blocked: { ...blocked, at: Number.NEGATIVE_INFINITY } };
  if (run.state !== "running" || !run.queueProxy) return due;
  const message = `container "${container.name}" restarts: ${restart.reason}`;
  return { ...due, run: { ...run, queueProxy: { ready: false, message } } };
}

/** Returns the facts after the exit for the restart. `containerId`: the container that has exited. */
export function endRestarted(container: ContainerFacts, containerId: string | undefined): ContainerFacts {
  const { restart } = container;
  const restarts = container.restarts + 1;
  return {
    ...container,
    run: { state: "none" },
    restarts,
    forgivenRestarts: restarts,
    last: undefined,
    finding: undefined,
    restart: restart && { ...restart, containerId: restart.isNew ? undefined : containerId },
  };
}

/** Returns the facts after the kubelet has begun to start the container again. The request is then fulfilled. */
export function startRestarted(container: ContainerFacts): ContainerFacts {
  const { restart } = container;
  const reason = restart?.due ? restart.reason : undefined;
  return {
    ...container,
    run: { state: "starting", containerId: restart?.containerId, restart: reason },
    blocked: undefined,
    finding: undefined,
    restart: undefined,
  };
}
