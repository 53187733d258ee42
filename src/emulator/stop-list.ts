// What has been opened, to be closed in reverse: once, gently or at once, and an earlier gentle end can be hurried.

export type StopHow = "gentle" | "now";
type Stop = (how: StopHow) => void | Promise<void>;

const LONGEST_TIMER_MS = 2 ** 31 - 1;

export class StopList {
  readonly #stops: Stop[] = [];
  #running: { readonly how: StopHow; readonly done: Promise<void> } | undefined;

  add(stop: Stop): void {
    this.#stops.push(stop);
  }

  /** Resolves when everything is closed. `now` while a gentle end is under way asks every part again, in the same order. */
  run(how: StopHow): Promise<void> {
    if (this.#running && (how === "gentle" || this.#running.how === "now")) return this.#running.done;
    const earlier = this.#running?.done;
    const done = this.#close(how).then(() => earlier);
    this.#running = { how, done };
    return done;
  }

  /** One part that fails to close does not keep the others open. */
  async #close(how: StopHow): Promise<void> {
    const failures: unknown[] = [];
    // The clock's timers keep no process alive; with the doors closed nothing else might, and the end would be cut short.
    const hold = setInterval(() => {}, LONGEST_TIMER_MS);
    for (const stop of this.#stops.toReversed()) {
      try {
        await stop(how);
      } catch (error) {
        failures.push(error);
      }
    }
    clearInterval(hold);
    if (failures.length > 0) throw new AggregateError(failures, "the session did not end cleanly");
  }
}
