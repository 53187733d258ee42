// Restarts the instances of one Service, one after the other, so that the others take its requests meanwhile.
import { namespacedName } from "../../apis/meta/key.ts";
import { REVISION_LABEL } from "../../apis/serving/labels.ts";
import { SerialQueue } from "../../base/serial-queue.ts";
import { within } from "../../base/within.ts";
import type { PodInstance } from "../kubelet/pod/pod-instance.ts";

/** If an instance takes no requests after this time, the others keep the old code. */
const SERVED_WITHIN_MS = 60_000;
const NOT_SERVED = { failed: `is not ready ${SERVED_WITHIN_MS / 1000} s after its restart` } as const;

export class RollingRestart {
  readonly #instances: () => readonly PodInstance[];
  readonly #runs = new SerialQueue();

  constructor(instances: () => readonly PodInstance[]) {
    this.#instances = instances;
  }

  /**
   * Carries out all requested restarts, also those that are requested meanwhile. Resolves with what went wrong. After a
   * failure, the other instances of the same Revision keep the old code.
   */
  run(): Promise<readonly string[]> {
    return this.#runs.run(() => this.#run());
  }

  async #run(): Promise<readonly string[]> {
    /** By Revision. */
    const problems = new Map<string | undefined, string>();
    for (;;) {
      for (const instance of this.#instances()) {
        const { condition, needsRestart } = instance;
        // An instance that has failed, and gets no change, would fail again.
        if (typeof condition === "object" && !needsRestart)
          problems.set(revisionOf(instance), problemText(instance, condition.failed));
      }
      const next = this.#next(problems);
      if (!next) return [...problems.values()];
      const outcome = await within(SERVED_WITHIN_MS, next.restart(), NOT_SERVED);
      if (typeof outcome === "object") problems.set(revisionOf(next), problemText(next, outcome.failed));
    }
  }

  /** Instances that take no requests come first. */
  #next(failed: ReadonlyMap<string | undefined, string>): PodInstance | undefined {
    const waiting = this.#instances().filter((one) => one.needsRestart && !failed.has(revisionOf(one)));
    return waiting.find(({ condition }) => condition !== "served") ?? waiting[0];
  }
}

function revisionOf({ pod }: PodInstance): string | undefined {
  return pod.metadata.labels?.[REVISION_LABEL];
}

function problemText({ pod }: PodInstance, why: string): string {
  return `${namespacedName(pod.metadata)}: ${why}`;
}
