// Counts work that is under way in real time, for whoever has to wait until there is none. It starts and ends nothing.

export class InFlight {
  readonly #waiting = new Set<() => void>();
  #count = 0;

  /** Counts `work` until it settles, and hands it back. */
  track<T>(work: Promise<T>): Promise<T> {
    const done = this.begin();
    work.then(done, done);
    return work;
  }

  /** One more, until the returned function is called (a second call means nothing). */
  begin(): () => void {
    this.#count += 1;
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      this.#count -= 1;
      if (this.#count > 0) return;
      for (const resolve of this.#waiting) resolve();
      this.#waiting.clear();
    };
  }

  /** Resolves as soon as nothing is under way. */
  idle(): Promise<void> {
    if (this.#count === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.add(resolve));
  }
}
