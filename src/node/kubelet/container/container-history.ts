// The containers that one container of a pod has had on the engine: the present or last one, and the one before for
// `logs --previous`.
import type { RuntimeEvent } from "../../runtime/runtime.ts";
import type { NodeParts } from "../node-parts.ts";

export class ContainerHistory {
  readonly #parts: Pick<NodeParts, "runtime" | "listen">;
  readonly #onEvent: (event: RuntimeEvent) => void;
  #present: string | undefined;
  #previous: string | undefined;
  #listening: Disposable | undefined;

  /** `onEvent`: receives the engine's events of the present container. */
  constructor(parts: Pick<NodeParts, "runtime" | "listen">, onEvent: (event: RuntimeEvent) => void) {
    this.#parts = parts;
    this.#onEvent = onEvent;
  }

  /** The present or last container. */
  get present(): string | undefined {
    return this.#present;
  }

  /** The present or last container, then the one before it. */
  get ids(): readonly string[] {
    return [this.#present, this.#previous].filter((id) => id !== undefined);
  }

  /**
   * Makes `id` the present container. Returns the container that drops out of the history, for the caller to remove.
   */
  add(id: string): string | undefined {
    const oldest = this.#previous;
    this.#previous = this.#present;
    this.#present = id;
    this.#listening?.[Symbol.dispose]();
    this.#listening = this.#parts.listen(id, this.#onEvent);
    return oldest;
  }

  /** Removes a container that was just added and did not start, because the next attempt needs its name. */
  async undo(id: string): Promise<void> {
    try {
      await this.#parts.runtime.remove(id);
      this.#present = this.#previous;
      this.#previous = undefined;
    } catch {
      // The container stays in the history, so it is removed together with the pod.
    }
  }

  /** Forgets the present container without removing it. */
  release(): void {
    this.#listening?.[Symbol.dispose]();
    this.#present = undefined;
  }

  /** Removes all containers of the history. Throws what the runtime throws. */
  async remove(): Promise<void> {
    this.#listening?.[Symbol.dispose]();
    await Promise.all(this.ids.map((id) => this.#parts.runtime.remove(id)));
  }
}
