// Remembers the engine's containers of one container of a pod: the current one and, for `logs --previous`, the one
// before.
import type { RuntimeEvent } from "../../runtime/runtime.ts";
import type { NodeParts } from "../node-parts.ts";

export class ContainerHistory {
  readonly #parts: Pick<NodeParts, "runtime" | "listen">;
  readonly #onEvent: (event: RuntimeEvent) => unknown;
  #present: string | undefined;
  #previous: string | undefined;
  #listening: Disposable | undefined;

  /** `onEvent` receives the engine's events of the current container. */
  constructor(parts: Pick<NodeParts, "runtime" | "listen">, onEvent: (event: RuntimeEvent) => unknown) {
    this.#parts = parts;
    this.#onEvent = onEvent;
  }

  /** The container that runs or ran last. */
  get present(): string | undefined {
    return this.#present;
  }

  /** The container that runs or ran last, then the one before. */
  get ids(): readonly string[] {
    return [this.#present, this.#previous].filter((id) => id !== undefined);
  }

  /** Makes `id` the current container. Returns the container that leaves the history; the caller removes it. */
  add(id: string): string | undefined {
    const oldest = this.#previous;
    this.#previous = this.#present;
    this.#present = id;
    this.#listening?.[Symbol.dispose]();
    this.#listening = this.#parts.listen(id, this.#onEvent);
    return oldest;
  }

  /** Removes the container that was added last. It did not start, and the next start needs its name. */
  async undo(id: string): Promise<void> {
    try {
      await this.#parts.runtime.remove(id);
      this.#present = this.#previous;
      this.#previous = undefined;
    } catch {
      // The container stays in the history. It is removed together with the pod.
    }
  }

  /** Forgets the current container without removing it. */
  release(): void {
    this.#listening?.[Symbol.dispose]();
    this.#present = undefined;
  }

  /** Removes all containers of the history. Rejects with a RuntimeError. */
  async remove(): Promise<void> {
    this.#listening?.[Symbol.dispose]();
    await Promise.all(this.ids.map((id) => this.#parts.runtime.remove(id)));
  }
}
