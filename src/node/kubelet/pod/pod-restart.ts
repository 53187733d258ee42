// Ends the container of a pod for a restart that was requested. The plan then starts it again.
import { within } from "../../../base/within.ts";
import type { ContainerMonitors } from "../container/container-monitors.ts";
import type { ContainerRunner } from "../container/container-runner.ts";
import type { NodeParts } from "../node-parts.ts";

/** A person waits for the restart, so a container gets at most this long after its stop signal. */
const LONGEST_STOP_MS = 2_000;

/**
 * Waits for the requests in flight, at most for the stop timeout, then stops the container. The pod is unready before,
 * so that it gets no more requests. Never rejects.
 */
export async function endForRestart(
  { stopPolicy }: Pick<NodeParts, "stopPolicy">,
  monitors: ContainerMonitors | undefined,
  runner: ContainerRunner,
): Promise<void> {
  const { stopTimeoutMs } = stopPolicy();
  monitors?.suspend();
  runner.files.onEnding();
  await within(stopTimeoutMs, Promise.resolve(monitors?.queueProxy?.drain(0)), undefined);
  monitors?.close();
  await runner.endFast(Math.min(stopTimeoutMs, LONGEST_STOP_MS));
}
