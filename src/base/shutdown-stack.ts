// What has been opened, to be closed in reverse: once, gently or at once, and an earlier gentle end can be hurried.

export type ShutdownMode = "gentle" | "now";
type Stop = (how: ShutdownMode) => void | Promise<void>;

const LONGEST_TIMER_MS = 2 ** 31 - 1;

export class ShutdownStack {
  readonly #stops: Stop[] = [];
  readonly #failures: unknown[] = [];
  #how: ShutdownMode = "gentle";
  #current: Stop | undefined;
  #hurry: Promise<void> | undefined;
  #done: Promise<void> | undefined;

  add(stop: Stop): void {
    this.#stops.push(stop);
  }

  /** Resolves when everything is closed. `now` while a gentle end is under way asks the part again that is being closed, and the rest at once. */
  run(how: ShutdownMode): Promise<void> {
    const hurries = how === "now" && this.#how === "gentle";
    if (hurries) this.#how = "now";
    if (hurries && this.#current) this.#hurry = this.#ask(this.#current);
    this.#done ??= this.#close();
    return this.#done;
  }

  /** One part that fails to close does not keep the others open, and none begins before the one after it has ended. */
  async #close(): Promise<void> {
    // The clock's timers keep no process alive; with the doors closed nothing else might, and the end would be cut short.
    const hold = setInterval(() => {}, LONGEST_TIMER_MS);
    for (const stop of this.#stops.toReversed()) {
      this.#current = stop;
      await this.#ask(stop);
      await this.#hurry;
    }
    clearInterval(hold);
    if (this.#failures.length > 0) throw new AggregateError(this.#failures, "the session did not end cleanly");
  }

  async #ask(stop: Stop): Promise<void> {
    try {
      await stop(this.#how);
    } catch (error) {
      this.#failures.push(error);
    }
  }
}
