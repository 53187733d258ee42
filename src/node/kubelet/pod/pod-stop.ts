// Stops the containers of a pod: waits for requests, sends the stop signal, then SIGKILL. Does not remove containers.
import { runInBackground } from "../../../base/background.ts";
import type { Time } from "../../../base/clock.ts";
import { sleep } from "../../../base/sleep.ts";
import type { ContainerRunner } from "../container/container-runner.ts";
import type { NodeParts } from "../node-parts.ts";
import type { QueueProxyPort } from "../queue-proxy-port.ts";
import type { PodState } from "./pod-events.ts";
import type { PodFacts } from "./pod-facts.ts";

const POLL_EVERY_MS = 10;
/** A container gets at least this long after the stop signal, even if the grace period is over. */
const MIN_STOP_MS = 100;
const DEFAULT_GRACE_SECONDS = 30;
/** How long to wait for the exit of a killed container. The caller then removes it by force. */
const KILL_TIMEOUT_MS = 5_000;

export interface StoppingPod {
  readonly state: Pick<PodState, "facts">;
  readonly queueProxy: QueueProxyPort | undefined;
  readonly runners: readonly ContainerRunner[];
  /** Aborted when all containers must be killed at once. */
  readonly forced: AbortSignal;
  /** When the stop began, by the node's clock. */
  readonly began: Time;
}

/** Resolves when no request except upgraded ones is left, or the grace period is over. Then closes the queue-proxy. */
export async function drainPod(parts: NodeParts, stopping: StoppingPod): Promise<void> {
  const { log, nodeClock, stopPolicy } = parts;
  const { queueProxy, forced } = stopping;
  if (!queueProxy) return;
  let drained = false;
  const drain = async (): Promise<void> => {
    await queueProxy.drain(stopPolicy().quietMs);
    drained = true;
  };
  runInBackground(log, "draining a queue-proxy", drain);
  await until(() => drained || forced.aborted || nodeClock.now() >= graceEnd(parts, stopping));
  // Upgraded connections stay open until the container exits.
  runInBackground(log, "closing a queue-proxy", () => queueProxy.close());
}

/** Sends the stop signal, then SIGKILL. Resolves when the containers have exited, at the latest 5 s after SIGKILL. */
export async function endPod(parts: NodeParts, stopping: StoppingPod): Promise<void> {
  const { nodeClock, stopPolicy } = parts;
  const { queueProxy, forced, state, runners } = stopping;
  const names = runningNames(state.facts);
  // A container that starts meanwhile gets no signal. The caller removes it by force.
  const ended = (): boolean => !runningNames(state.facts).some((name) => names.includes(name));
  const running = runners.filter(({ name }) => names.includes(name));
  await Promise.all(running.map((runner) => runner.signal("stop")));
  const asked = nodeClock.now();
  const expired = (): boolean => {
    const now = nodeClock.now();
    const busy = (queueProxy?.inFlight() ?? 0) > 0;
    const end = Math.max(graceEnd(parts, stopping), asked + MIN_STOP_MS);
    return now >= end || (!busy && now >= asked + stopPolicy().stopTimeoutMs);
  };
  await until(() => ended() || forced.aborted || expired());
  if (ended()) return;
  if (!forced.aborted) recordStopTimeout(parts, state.facts, nodeClock.now() - asked);
  await Promise.all(running.map((runner) => runner.signal("SIGKILL")));
  const killed = nodeClock.now();
  await until(() => ended() || nodeClock.now() >= killed + KILL_TIMEOUT_MS);
}

/** Computed anew each time, because a second delete or the end of the session shortens the grace period. */
function graceEnd({ stopPolicy }: NodeParts, { state, began }: StoppingPod): Time {
  const seconds = state.facts.pod.metadata.deletionGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
  return began + Math.min(seconds * 1000, stopPolicy().graceMs ?? Number.POSITIVE_INFINITY);
}

function runningNames({ containers }: PodFacts): readonly string[] {
  return containers.filter(({ run }) => run.state === "running").map(({ name }) => name);
}

function recordStopTimeout(parts: NodeParts, { pod }: PodFacts, waitedMs: number): void {
  const grace = pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
  const waited = Math.round(waitedMs / 1000);
  const message = `did not stop on SIGTERM within ${waited} s; a cluster would keep it up to ${grace} s (process 1 without a signal handler?)`;
  parts.record(pod, { type: "Warning", reason: "StopTimeout", message });
}

async function until(condition: () => boolean): Promise<void> {
  // A finished drain reports its end in the next microtask.
  await Promise.resolve();
  while (!condition()) await sleep(POLL_EVERY_MS);
}
