// Decides what the kubelet does next for a pod, from the pod's facts and the time. Pure.
import type { Time } from "../../../base/clock.ts";
import type { ContainerFacts, PodFacts } from "./pod-facts.ts";

export type PodStep =
  | { readonly do: "fetchImage"; readonly container: string }
  | { readonly do: "openSandbox" }
  | { readonly do: "start"; readonly container: string }
  /** Ends a container for a requested restart, after its requests. */
  | { readonly do: "endForRestart"; readonly container: string; readonly containerId: string }
  /** Starts a container that has exited for a requested restart. */
  | { readonly do: "startAgain"; readonly container: string; readonly containerId: string }
  /** Resumes the container of a frozen pod in place of a first start. */
  | { readonly do: "thaw"; readonly container: string }
  /** Stops one container: by its stop signal after a failed probe, by SIGKILL if the pod has lost its network. */
  | {
      readonly do: "endContainer";
      readonly container: string;
      readonly containerId: string;
      readonly failedProbe: "Liveness" | "Startup" | undefined;
    }
  /** Plans again at this time. */
  | { readonly do: "reconcileAt"; readonly at: Time };

const FIRST_DELAY_MS = 10_000;
const LONGEST_DELAY_MS = 300_000;
/** A container that ran this long restarts without delay (kubelet: twice the longest delay). */
const BACK_OFF_RESET_MS = 600_000;
/** How long `ErrImagePull` shows before it becomes `ImagePullBackOff`. */
export const PULL_ERROR_SHOWN_MS = 2_000;
const FIRST_BLOCKED_MS = 5_000;
const LONGEST_BLOCKED_MS = 60_000;

/**
 * Returns the delay after the n-th failure in a row to create a container or sandbox: 5 s, doubled each time up to
 * 1 min. A change of a ConfigMap or Secret ends the delay early.
 */
export function blockedRetryMs(failures: number): number {
  return Math.min(FIRST_BLOCKED_MS * 2 ** Math.min(Math.max(failures - 1, 0), 10), LONGEST_BLOCKED_MS);
}

/** Returns the delay before a restart or pull: 0 after no earlier one, then 10 s, doubled each time up to 5 min. */
export function backOffMs(earlier: number): number {
  if (earlier <= 0) return 0;
  return Math.min(FIRST_DELAY_MS * 2 ** Math.min(earlier - 1, 10), LONGEST_DELAY_MS);
}

/** Returns when an exited container may start again; undefined: never. */
export function restartAt(container: ContainerFacts, policy: string): Time | undefined {
  if (container.run.state !== "exited") return undefined;
  const { exit } = container.run;
  const again =
    policy === "Always" ? !container.init || exit.exitCode !== 0 : policy === "OnFailure" && exit.exitCode !== 0;
  if (!again) return undefined;
  return exit.endedAt + (exit.ranMs >= BACK_OFF_RESET_MS ? 0 : backOffMs(failedRestarts(container)));
}

/** Returns the number of restarts that count for the back-off. */
export function failedRestarts({ restarts, forgivenRestarts = 0 }: ContainerFacts): number {
  return restarts - forgivenRestarts;
}

/** Returns the next steps in order. A step that is in progress shows in the facts, and is not planned again. */
export function planPod(facts: PodFacts, now: Time): readonly PodStep[] {
  if (facts.stopping) return [];
  const steps: PodStep[] = facts.containers.flatMap((container) => planImage(container, now));
  steps.push(...facts.containers.flatMap((container) => planEnd(container, facts.sandbox)));
  if (facts.sandbox === "none") return [...steps, planSandbox(facts, now)];
  if (facts.sandbox === "opening") return steps;
  const policy = facts.pod.spec.restartPolicy ?? "Always";
  const init = facts.containers.filter((container) => container.init);
  const unfinished = init.find((container) => !hasSucceeded(container));
  const startable = unfinished ? [unfinished] : facts.containers.filter((container) => !container.init);
  return [...steps, ...startable.flatMap((container) => planStart(container, policy, now))];
}

/** Returns true if the container has exited with 0. An init container is then finished. */
export function hasSucceeded({ run }: ContainerFacts): boolean {
  return run.state === "exited" && run.exit.exitCode === 0;
}

function planImage(container: ContainerFacts, now: Time): readonly PodStep[] {
  const fetch: PodStep = { do: "fetchImage", container: container.name };
  if (container.image.state === "unknown") return [fetch];
  if (container.image.state !== "failed") return [];
  const { failedAt, failures, reason } = container.image.failure;
  // A repetition cannot help.
  if (reason === "InvalidImageName") return [];
  const at = failedAt + backOffMs(failures);
  if (at <= now) return [fetch];
  const shown = failedAt + PULL_ERROR_SHOWN_MS;
  return [{ do: "reconcileAt", at: shown > now ? Math.min(shown, at) : at }];
}

function planEnd({ name, run, restart }: ContainerFacts, sandbox: PodFacts["sandbox"]): readonly PodStep[] {
  if (run.state !== "running" || run.ending) return [];
  const { containerId, failedProbe, networkLost = false } = run;
  const needed = failedProbe !== undefined || networkLost || sandbox === "none";
  if (needed) return [{ do: "endContainer", container: name, containerId, failedProbe }];
  return restart?.due ? [{ do: "endForRestart", container: name, containerId }] : [];
}

function planSandbox({ sandboxFailedAt, sandboxFailures = 0 }: PodFacts, now: Time): PodStep {
  const at = sandboxFailedAt === undefined ? now : sandboxFailedAt + blockedRetryMs(sandboxFailures);
  return at <= now ? { do: "openSandbox" } : { do: "reconcileAt", at };
}

function planStart(container: ContainerFacts, policy: string, now: Time): readonly PodStep[] {
  if (container.image.state !== "here") return [];
  const { name, run, blocked, startFailures = 0, frozen, restart } = container;
  if (run.state === "none" && restart?.containerId !== undefined)
    return [{ do: "startAgain", container: name, containerId: restart.containerId }];
  if (run.state === "none" && frozen) return [{ do: "thaw", container: name }];
  const retryAt = blocked ? blocked.at + blockedRetryMs(startFailures) : now;
  const at = run.state === "none" ? retryAt : restartAt(container, policy);
  if (at === undefined) return [];
  return at <= now ? [{ do: "start", container: name }] : [{ do: "reconcileAt", at }];
}
