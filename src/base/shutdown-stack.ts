// Closes resources in reverse order of their opening, once. A gentle shutdown in progress can be forced.

export type ShutdownMode = "gentle" | "now";
type Stop = (mode: ShutdownMode) => void | Promise<void>;

const LONGEST_TIMER_MS = 2 ** 31 - 1;

export class ShutdownStack {
  readonly #stops: Stop[] = [];
  readonly #failures: unknown[] = [];
  #mode: ShutdownMode = "gentle";
  #current: Stop | undefined;
  #forcedStop: Promise<void> | undefined;
  #done: Promise<void> | undefined;

  add(stop: Stop): void {
    this.#stops.push(stop);
  }

  /**
   * Resolves when every resource is closed; rejects with an AggregateError if any failed to close. `now` during a
   * gentle shutdown calls the current stop function a second time with `now`, and the remaining ones with `now` only.
   */
  run(mode: ShutdownMode): Promise<void> {
    const forces = mode === "now" && this.#mode === "gentle";
    if (forces) this.#mode = "now";
    if (forces && this.#current) this.#forcedStop = this.#call(this.#current);
    this.#done ??= this.#close();
    return this.#done;
  }

  /**
   * A failing stop function does not prevent the others from being called. Each starts after the previous one ended.
   */
  async #close(): Promise<void> {
    // Clock timers are unref'd and the listeners are closed, so without this timer the process could exit too early.
    const keepAlive = setInterval(() => {}, LONGEST_TIMER_MS);
    for (const stop of this.#stops.toReversed()) {
      this.#current = stop;
      await this.#call(stop);
      await this.#forcedStop;
    }
    clearInterval(keepAlive);
    if (this.#failures.length > 0) throw new AggregateError(this.#failures, "the session did not end cleanly");
  }

  async #call(stop: Stop): Promise<void> {
    try {
      await stop(this.#mode);
    } catch (error) {
      this.#failures.push(error);
    }
  }
}
