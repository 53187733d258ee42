// What one container of a pod has on the engine: the present or last one, listened to, and the one before for `logs --previous`. It starts nothing.
import type { RuntimeEvent } from "../../runtime/runtime.ts";
import type { NodeParts } from "../node-parts.ts";

export class KeptContainers {
  readonly #parts: Pick<NodeParts, "runtime" | "listen">;
  readonly #onEvent: (event: RuntimeEvent) => void;
  #present: string | undefined;
  #previous: string | undefined;
  #listening: Disposable | undefined;

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

  /** Is the present one from now on, and heard of. Returns the one that is kept no longer, for the caller to remove. */
  take(id: string): string | undefined {
    const oldest = this.#previous;
    this.#previous = this.#present;
    this.#present = id;
    this.#listening?.[Symbol.dispose]();
    this.#listening = this.#parts.listen(id, this.#onEvent);
    return oldest;
  }

  /** Removes one that was just taken and did not start: a second try wants its name, and the last that ran is the present one again. */
  async takeBack(id: string): Promise<void> {
    try {
      await this.#parts.runtime.remove(id);
      this.#present = this.#previous;
      this.#previous = undefined;
    } catch {
      // It stays known as ours, and goes with the pod.
    }
  }

  /** The present one is someone else's, or gone. */
  letGo(): void {
    this.#listening?.[Symbol.dispose]();
    this.#present = undefined;
  }

  /** Nothing is left after this. */
  async remove(): Promise<void> {
    this.#listening?.[Symbol.dispose]();
    await Promise.all(this.ids.map((id) => this.#parts.runtime.remove(id)));
  }
}
