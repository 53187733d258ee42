// Keeps the start marks of this node's pods: the kubelet writes them, cold-start waterfalls read them.
import type { Pod } from "../../apis/core/types.ts";
import type { StartMarks } from "./node-parts.ts";

export class StartRecords {
  /** By `namespace/name` of the pod. */
  readonly #marks = new Map<string, Readonly<StartMarks>>();

  /** `marks` may still grow; they are kept until the result is disposed. */
  add({ metadata }: Pod, marks: Readonly<StartMarks>): Disposable {
    const key = `${metadata.namespace ?? ""}/${metadata.name}`;
    this.#marks.set(key, marks);
    return {
      [Symbol.dispose]: () => {
        if (this.#marks.get(key) === marks) this.#marks.delete(key);
      },
    };
  }

  of(namespace: string, pod: string): Readonly<StartMarks> | undefined {
    return this.#marks.get(`${namespace}/${pod}`);
  }
}
