// How a pod is stopped: its requests finish, SIGTERM as soon as none is left, SIGKILL when it does not listen. It removes nothing.
import type { Pod } from "../../../apis/core/types.ts";
import type { Clock, Time } from "../../../base/clock.ts";
import type { ContainerRun } from "../container/container-run.ts";
import type { NodeParts } from "../node-parts.ts";
import type { QueueProxyPort } from "../queue-proxy-port.ts";

const LOOK_EVERY_MS = 10;
/** Even without any grace left a container gets this long to end by itself. */
const LEAST_MS = 100;
const DEFAULT_GRACE_SECONDS = 30;

export interface StoppingPod {
  readonly pod: () => Pod;
  readonly sidecar: QueueProxyPort | undefined;
  readonly runs: readonly ContainerRun[];
  /** True when everything must end now. */
  readonly hurried: () => boolean;
}

/** When the pod's grace is over; read anew each time, because a session that ends shortens it. */
export type GraceEnd = () => Time;

/** Begins the grace of a pod. */
export function beginGrace(parts: NodeParts, pod: () => Pod): GraceEnd {
  const began = parts.nodeClock.now();
  return () => {
    const seconds = pod().metadata.deletionGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
    return began + Math.min(seconds * 1000, parts.stopPolicy().graceMs ?? Number.POSITIVE_INFINITY);
  };
}

/** Resolves when no plain request is left, or the grace is over; nothing dials the pod after that. */
export async function drainPod(parts: NodeParts, stopping: StoppingPod, graceEnd: GraceEnd): Promise<void> {
  const { nodeClock, stopPolicy } = parts;
  const { sidecar, hurried } = stopping;
  if (!sidecar) return;
  let drained = false;
  void sidecar.drain(stopPolicy().quietMs).then(() => {
    drained = true;
  });
  await until(nodeClock, () => drained || hurried() || nodeClock.now() >= graceEnd());
  // Upgraded connections live on until the container ends.
  void sidecar.close();
}

/** SIGTERM, then SIGKILL; resolves when no container of the pod runs any more. */
export async function endPod(parts: NodeParts, stopping: StoppingPod, graceEnd: GraceEnd): Promise<void> {
  const { nodeClock } = parts;
  const { sidecar } = stopping;
  const running = stopping.runs.filter((run) => run.runningId !== undefined);
  const gone = (): boolean => running.every((run) => run.runningId === undefined);
  await Promise.all(running.map((run) => run.signal(run.stopSignal)));
  const asked = nodeClock.now();
  const expired = (): boolean => {
    const now = nodeClock.now();
    const busy = (sidecar?.inFlight() ?? 0) > 0;
    return now >= Math.max(graceEnd(), asked + LEAST_MS) || (!busy && now >= asked + parts.stopPolicy().stopTimeoutMs);
  };
  await until(nodeClock, () => gone() || stopping.hurried() || expired());
  if (gone()) return;
  if (!stopping.hurried()) noteStopTimeout(parts, stopping.pod(), nodeClock.now() - asked);
  await Promise.all(running.map((run) => run.signal("SIGKILL")));
  const killed = nodeClock.now();
  await until(nodeClock, () => gone() || nodeClock.now() >= killed + KILL_PATIENCE_MS);
}

/** A killed container that does not go is the engine's trouble; removing it by force comes next. */
const KILL_PATIENCE_MS = 5_000;

function noteStopTimeout(parts: NodeParts, pod: Pod, waitedMs: number): void {
  const grace = pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
  const waited = Math.round(waitedMs / 1000);
  const message = `did not stop on SIGTERM within ${waited} s; a cluster would keep it up to ${grace} s (process 1 without a signal handler?)`;
  parts.record(pod, { type: "Warning", reason: "StopTimeout", message });
}

async function until(clock: Clock, condition: () => boolean): Promise<void> {
  // A settled drain shows only after a turn.
  await Promise.resolve();
  while (!condition()) {
    await new Promise<void>((resolve) => {
      clock.at(clock.now() + LOOK_EVERY_MS, resolve);
    });
  }
}
