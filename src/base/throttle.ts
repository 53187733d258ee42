// Leading-edge throttle: runs a function at once when idle, and under frequent requests for at most 10 % of the time.

/** The pause after a run, as a multiple of the time that the run took. */
const PAUSE_FACTOR = 9;

export class Throttle {
  readonly #run: () => void;
  #pausedUntil = 0;
  #timer: NodeJS.Timeout | undefined;
  #settledWaiters: (() => void)[] = [];

  constructor(run: () => void) {
    this.#run = run;
  }

  /** Runs the function now, or at the end of the current pause. */
  request(): void {
    if (this.#timer) return;
    const pauseMs = this.#pausedUntil - performance.now();
    if (pauseMs <= 0) this.flush();
    else this.#timer = setTimeout(() => this.flush(), pauseMs);
  }

  /** Runs the function now, regardless of the pause. */
  flush(): void {
    this.#cancelTimer();
    const started = performance.now();
    try {
      this.#run();
    } finally {
      const ended = performance.now();
      this.#pausedUntil = ended + (ended - started) * PAUSE_FACTOR;
      for (const done of this.#settledWaiters.splice(0)) done();
    }
  }

  /** Resolves when every request made so far has been served. */
  settled(): Promise<void> {
    return this.#timer ? new Promise((resolve) => this.#settledWaiters.push(resolve)) : Promise.resolve();
  }

  /** Drops pending requests. */
  close(): void {
    this.#cancelTimer();
    for (const done of this.#settledWaiters.splice(0)) done();
  }

  #cancelTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
