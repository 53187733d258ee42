// Work that is asked for often and costs more the more there is: done at once after a rest, and in a rush of asks only now and then, so that it
// never takes more than a tenth of the time. It does not know what the work is.

/** How many times as long as the work took it then rests. */
const REST = 9;

export class Throttle {
  readonly #run: () => void;
  #restsUntil = 0;
  #timer: NodeJS.Timeout | undefined;
  #waiting: (() => void)[] = [];

  constructor(run: () => void) {
    this.#run = run;
  }

  /** Does the work now, or as soon as it may be done again. */
  request(): void {
    if (this.#timer) return;
    const restMs = this.#restsUntil - performance.now();
    if (restMs <= 0) this.flush();
    else this.#timer = setTimeout(() => this.flush(), restMs);
  }

  /** Whatever was asked for is done when this returns. */
  flush(): void {
    this.#forget();
    const begun = performance.now();
    try {
      this.#run();
    } finally {
      const ended = performance.now();
      this.#restsUntil = ended + (ended - begun) * REST;
      for (const done of this.#waiting.splice(0)) done();
    }
  }

  /** Resolves when all that was asked for so far is done. */
  settled(): Promise<void> {
    return this.#timer ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve();
  }

  /** What has not been done by now will not be. */
  close(): void {
    this.#forget();
    for (const done of this.#waiting.splice(0)) done();
  }

  #forget(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
