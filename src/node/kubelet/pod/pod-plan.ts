// What the kubelet does next for a pod, given the facts. Pure: the same facts give the same steps, and taking a step
// changes the facts.
import type { Time } from "../../../base/clock.ts";
import type { ContainerFacts, PodFacts } from "./pod-facts.ts";

export type PodStep =
  | { readonly do: "fetchImage"; readonly container: string }
  | { readonly do: "openSandbox" }
  | { readonly do: "start"; readonly container: string }
  /** Continues the container of a frozen pod in place of a first start. */
  | { readonly do: "thaw"; readonly container: string }
  /** Ends one container: SIGTERM after a failed probe, else (the pod has lost its network) SIGKILL. */
  | {
      readonly do: "endContainer";
      readonly container: string;
      readonly containerId: string;
      readonly failedProbe: "Liveness" | "Startup" | undefined;
    }
  /** Nothing can be done before this time. */
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
 * The delay after the n-th failure in a row to create a container or sandbox: 5 s doubling to 1 min. A change of a
 * ConfigMap or Secret ends it early.
 */
export function blockedRetryMs(failures: number): number {
  return Math.min(FIRST_BLOCKED_MS * 2 ** Math.min(Math.max(failures - 1, 0), 10), LONGEST_BLOCKED_MS);
}

/** The delay before the n-th repetition: none for the first, then 10 s doubling to 5 min. */
export function backOffMs(repetition: number): number {
  if (repetition <= 0) return 0;
  return Math.min(FIRST_DELAY_MS * 2 ** Math.min(repetition - 1, 10), LONGEST_DELAY_MS);
}

/** When an exited container may start again; undefined: never. */
export function restartAt(container: ContainerFacts, policy: string): Time | undefined {
  if (container.run.state !== "exited") return undefined;
  const { exit } = container.run;
  const again =
    policy === "Always" ? !container.init || exit.exitCode !== 0 : policy === "OnFailure" && exit.exitCode !== 0;
  if (!again) return undefined;
  return exit.endedAt + (exit.ranMs >= BACK_OFF_RESET_MS ? 0 : backOffMs(container.restarts));
}

/** The steps that can be taken now, in order; steps under way show in the facts and are not repeated. */
export function planPod(facts: PodFacts, now: Time): readonly PodStep[] {
  if (facts.stopping) return [];
  const steps: PodStep[] = facts.containers.flatMap((container) => planImage(container, now));
  steps.push(...facts.containers.flatMap((container) => planEnd(container, facts.sandbox)));
  if (facts.sandbox === "none") return [...steps, planSandbox(facts, now)];
  if (facts.sandbox === "opening") return steps;
  const policy = facts.pod.spec.restartPolicy ?? "Always";
  const init = facts.containers.filter((container) => container.init);
  const unfinished = init.find((container) => !hasSucceeded(container));
  const turn = unfinished ? [unfinished] : facts.containers.filter((container) => !container.init);
  return [...steps, ...turn.flatMap((container) => planStart(container, policy, now))];
}

/** Whether the container has exited with 0: an init container is then finished. */
export function hasSucceeded({ run }: ContainerFacts): boolean {
  return run.state === "exited" && run.exit.exitCode === 0;
}

function planImage(container: ContainerFacts, now: Time): readonly PodStep[] {
  const fetch: PodStep = { do: "fetchImage", container: container.name };
  if (container.image.state === "unknown") return [fetch];
  if (container.image.state !== "failed") return [];
  const { failedAt, failures, reason } = container.image.trouble;
  // No later attempt can help.
  if (reason === "InvalidImageName") return [];
  const at = failedAt + backOffMs(failures);
  if (at <= now) return [fetch];
  const shown = failedAt + PULL_ERROR_SHOWN_MS;
  return [{ do: "reconcileAt", at: shown > now ? Math.min(shown, at) : at }];
}

function planEnd({ name, run }: ContainerFacts, sandbox: PodFacts["sandbox"]): readonly PodStep[] {
  if (run.state !== "running" || run.ending) return [];
  const { containerId, failedProbe } = run;
  const needed = failedProbe !== undefined || sandbox === "none";
  return needed ? [{ do: "endContainer", container: name, containerId, failedProbe }] : [];
}

function planSandbox({ sandboxFailedAt, sandboxFailures = 0 }: PodFacts, now: Time): PodStep {
  const at = sandboxFailedAt === undefined ? now : sandboxFailedAt + blockedRetryMs(sandboxFailures);
  return at <= now ? { do: "openSandbox" } : { do: "reconcileAt", at };
}

function planStart(container: ContainerFacts, policy: string, now: Time): readonly PodStep[] {
  if (container.image.state !== "here") return [];
  const { name, run, blocked, startFailures = 0, frozen } = container;
  if (run.state === "none" && frozen) return [{ do: "thaw", container: name }];
  const retryAt = blocked ? blocked.at + blockedRetryMs(startFailures) : now;
  const at = run.state === "none" ? retryAt : restartAt(container, policy);
  if (at === undefined) return [];
  return at <= now ? [{ do: "start", container: name }] : [{ do: "reconcileAt", at }];
}
