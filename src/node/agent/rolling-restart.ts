// Restarts the instances of one Service, one after the other, so that the others take its requests meanwhile.
import { namespacedName } from "../../apis/meta/key.ts";
import { sleep } from "../../base/sleep.ts";
import type { PodInstance, RestartOutcome } from "../kubelet/pod/pod-instance.ts";

/** If an instance takes no requests after this time, the others keep the old code. */
const SERVED_WITHIN_MS = 60_000;

export class RollingRestart {
  readonly #instances: () => readonly PodInstance[];
  #queue: Promise<unknown> = Promise.resolve();

  constructor(instances: () => readonly PodInstance[]) {
    this.#instances = instances;
  }

  /**
   * Carries out all requested restarts, also those that are requested meanwhile. Resolves with what went wrong; then
   * the instances that are left keep the old code.
   */
  run(): Promise<readonly string[]> {
    const result = this.#queue.then(() => this.#run());
    this.#queue = result.catch(() => {});
    return result;
  }

  async #run(): Promise<readonly string[]> {
    for (;;) {
      const problem = this.#instances().flatMap(problemOf);
      if (problem.length > 0) return problem;
      const next = this.#next();
      if (!next) return [];
      const outcome = await withinLimit(next.restart());
      if (typeof outcome === "object") return [problemText(next, outcome.failed)];
    }
  }

  /** Instances that take no requests come first. */
  #next(): PodInstance | undefined {
    const waiting = this.#instances().filter(({ needsRestart }) => needsRestart);
    return waiting.find(({ condition }) => condition !== "served") ?? waiting[0];
  }
}

/** An instance that has failed and has not changed since would fail again. */
function problemOf(instance: PodInstance): readonly string[] {
  const { condition, needsRestart } = instance;
  return typeof condition === "object" && !needsRestart ? [problemText(instance, condition.failed)] : [];
}

function problemText({ pod }: PodInstance, why: string): string {
  return `${namespacedName(pod.metadata)}: ${why}`;
}

async function withinLimit(outcome: Promise<RestartOutcome>): Promise<RestartOutcome> {
  const done = new AbortController();
  const expired = sleep(SERVED_WITHIN_MS, done.signal).then(() => {
    return { failed: `is not ready ${SERVED_WITHIN_MS / 1000} s after its restart` };
  });
  return Promise.race([outcome, expired]).finally(() => done.abort());
}
