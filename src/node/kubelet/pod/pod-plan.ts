// What to do next for a pod, given what is known of it. Pure: the same facts give the same steps, and doing a step changes the facts.
import type { Time } from "../../../base/clock.ts";
import type { ContainerFacts, PodFacts } from "./pod-facts.ts";

export type PodStep =
  | { readonly do: "fetchImage"; readonly container: string }
  | { readonly do: "openSandbox" }
  | { readonly do: "start"; readonly container: string }
  /** Nothing now, but at this time. */
  | { readonly do: "lookAgain"; readonly at: Time };

const FIRST_DELAY_MS = 10_000;
const LONGEST_DELAY_MS = 300_000;
/** A container that ran this long has earned a clean slate (kubelet: twice the longest delay). */
const CLEAN_SLATE_MS = 600_000;
/** How long `ErrImagePull` shows before it becomes `ImagePullBackOff`. */
export const PULL_ERROR_SHOWN_MS = 2_000;
/** A container that could not be created is tried again after this, or as soon as its ConfigMaps or Secrets change. */
export const BLOCKED_RETRY_MS = 5_000;

/** The delay of the n-th repetition: none for the first, then 10 s doubling to 5 min. */
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
  return exit.endedAt + (exit.ranMs >= CLEAN_SLATE_MS ? 0 : backOffMs(container.restarts));
}

/** When an image that could not be had is asked for again; undefined: it will never do. */
function pullAgainAt(container: ContainerFacts): Time | undefined {
  if (container.image.state !== "failed") return undefined;
  const { failedAt, failures, reason } = container.image.trouble;
  return reason === "InvalidImageName" ? undefined : failedAt + backOffMs(failures);
}

/** The steps that can be taken now, in order; those under way show in the facts and are not repeated. */
export function planPod(facts: PodFacts): readonly PodStep[] {
  const steps: PodStep[] = [];
  for (const container of facts.containers) steps.push(...planImage(container, facts.now));
  if (facts.sandbox === "none") return [...steps, { do: "openSandbox" }];
  if (facts.sandbox === "opening") return steps;
  const policy = facts.pod.spec.restartPolicy ?? "Always";
  const init = facts.containers.filter((container) => container.init);
  const unfinished = init.find((container) => !hasSucceeded(container));
  const turn = unfinished ? [unfinished] : facts.containers.filter((container) => !container.init);
  for (const container of turn) steps.push(...planStart(container, policy, facts.now));
  return steps;
}

/** An init container that is over, for good. */
export function hasSucceeded({ run }: ContainerFacts): boolean {
  return run.state === "exited" && run.exit.exitCode === 0;
}

function planImage(container: ContainerFacts, now: Time): readonly PodStep[] {
  if (container.image.state === "unknown") return [{ do: "fetchImage", container: container.name }];
  if (container.image.state !== "failed") return [];
  const at = pullAgainAt(container);
  if (at === undefined) return [];
  if (at <= now) return [{ do: "fetchImage", container: container.name }];
  const shown = container.image.trouble.failedAt + PULL_ERROR_SHOWN_MS;
  return [{ do: "lookAgain", at: shown > now ? Math.min(shown, at) : at }];
}

function planStart(container: ContainerFacts, policy: string, now: Time): readonly PodStep[] {
  if (container.image.state !== "here") return [];
  const start: PodStep = { do: "start", container: container.name };
  if (container.run.state === "none") {
    const at = container.held === undefined ? now : container.held.at + BLOCKED_RETRY_MS;
    return at <= now ? [start] : [{ do: "lookAgain", at }];
  }
  const at = restartAt(container, policy);
  if (at === undefined) return [];
  return at <= now ? [start] : [{ do: "lookAgain", at }];
}
