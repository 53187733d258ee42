// Counts asynchronous operations in progress, so that a caller can wait until all have ended.

export class InFlight {
  readonly #idleWaiters = new Set<() => void>();
  #count = 0;

  /** Counts `work` as in progress until it settles. Returns `work`. */
  track<T>(work: Promise<T>): Promise<T> {
    const done = this.begin();
    work.then(done, done);
    return work;
  }

  /** Counts one operation until the returned function is called. Further calls of that function have no effect. */
  begin(): () => void {
    this.#count += 1;
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      this.#count -= 1;
      if (this.#count > 0) return;
      for (const resolve of this.#idleWaiters) resolve();
      this.#idleWaiters.clear();
    };
  }

  /** Resolves when no work is in progress. */
  idle(): Promise<void> {
    if (this.#count === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.add(resolve));
  }
}
