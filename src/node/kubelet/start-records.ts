// Makes the start times of this node's pods available for cold-start waterfalls.
import type { StoredPod } from "../../apis/core/pod.ts";
import { namespacedName } from "../../apis/meta/key.ts";
import type { PodState } from "./pod/pod-events.ts";
import type { StartTimes } from "./pod/pod-facts.ts";

export class StartRecords {
  /** By `namespace/name` of the pod. */
  readonly #states = new Map<string, Pick<PodState, "facts">>();

  /** Makes the start times of a pod available until the result is disposed. */
  add({ metadata }: StoredPod, state: Pick<PodState, "facts">): Disposable {
    const key = namespacedName(metadata);
    this.#states.set(key, state);
    return {
      [Symbol.dispose]: () => {
        if (this.#states.get(key) === state) this.#states.delete(key);
      },
    };
  }

  /** Returns the start times of every pod, by `namespace/name`. */
  all(): ReadonlyMap<string, StartTimes> {
    return new Map([...this.#states].map(([pod, { facts }]) => [pod, facts.startTimes]));
  }

  of(namespace: string, pod: string): StartTimes | undefined {
    return this.#states.get(`${namespace}/${pod}`)?.facts.startTimes;
  }
}
