// The concurrency limit of one pod: so many run, ten times as many wait in order, the rest are refused. It times nothing and forwards nothing.

/** A place in the waiting line; links are the breaker's. */
export interface BreakerWaiter {
  /** A slot is the waiter's now; it must be released. */
  admitted(): void;
  before: BreakerWaiter | undefined;
  after: BreakerWaiter | undefined;
}

const QUEUE_PER_SLOT = 10;

/** `pkg/queue/breaker.go`, except that who waits is served before a newcomer. Concurrency 0 never makes anybody wait. */
export class Breaker {
  readonly #slots: number;
  readonly #admits: number;
  #running = 0;
  #waiting = 0;
  #first: BreakerWaiter | undefined;
  #last: BreakerWaiter | undefined;

  constructor(concurrency: number) {
    this.#slots = concurrency === 0 ? Number.POSITIVE_INFINITY : concurrency;
    this.#admits = this.#slots * (1 + QUEUE_PER_SLOT);
  }

  /** Running and waiting. */
  get inFlight(): number {
    return this.#running + this.#waiting;
  }

  get queued(): number {
    return this.#waiting;
  }

  /** "run": a slot is taken. "wait": the waiter is told later. "full": nothing was taken. */
  enter(waiter: BreakerWaiter): "run" | "wait" | "full" {
    if (this.#running < this.#slots) {
      this.#running += 1;
      return "run";
    }
    if (this.inFlight >= this.#admits) return "full";
    this.#waiting += 1;
    waiter.before = this.#last;
    waiter.after = undefined;
    if (this.#last === undefined) this.#first = waiter;
    else this.#last.after = waiter;
    this.#last = waiter;
    return "wait";
  }

  /** The waiter gives up. */
  leave(waiter: BreakerWaiter): void {
    this.#waiting -= 1;
    if (waiter.before === undefined) this.#first = waiter.after;
    else waiter.before.after = waiter.after;
    if (waiter.after === undefined) this.#last = waiter.before;
    else waiter.after.before = waiter.before;
    waiter.before = undefined;
    waiter.after = undefined;
  }

  /** A slot is free again: the first in line has it. */
  release(): void {
    const next = this.#first;
    if (next === undefined) {
      this.#running -= 1;
      return;
    }
    this.leave(next);
    next.admitted();
  }
}
