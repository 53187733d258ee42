// Runs asynchronous work one after the other.

export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `work` when all earlier work has ended, also if that failed. Settles as `work` does. */
  run<T>(work: () => T | Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }

  /** Resolves when the work that is queued now has ended. */
  get settled(): Promise<void> {
    return this.#last.then(() => {});
  }
}
