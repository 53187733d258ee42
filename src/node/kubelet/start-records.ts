// The start marks of the pods of this node: cold-start waterfalls read them here.

import type { StoredPod } from "../../apis/core/pod.ts";
import { namespacedName } from "../../apis/meta/key.ts";
import type { PodState } from "./pod/pod-events.ts";
import type { StartMarks } from "./pod/pod-facts.ts";

export class StartRecords {
  /** By `namespace/name` of the pod. */
  readonly #states = new Map<string, Pick<PodState, "facts">>();

  /** Makes the marks of a pod readable until the result is disposed. */
  add({ metadata }: StoredPod, state: Pick<PodState, "facts">): Disposable {
    const key = namespacedName(metadata);
    this.#states.set(key, state);
    return {
      [Symbol.dispose]: () => {
        if (this.#states.get(key) === state) this.#states.delete(key);
      },
    };
  }

  /** The marks of every pod, by `namespace/name`. */
  all(): ReadonlyMap<string, StartMarks> {
    return new Map([...this.#states].map(([pod, { facts }]) => [pod, facts.marks]));
  }

  of(namespace: string, pod: string): StartMarks | undefined {
    return this.#states.get(`${namespace}/${pod}`)?.facts.marks;
  }
}
