// Limits the concurrent requests of one pod. Ten times as many can wait, in order of arrival; more are rejected.

/** A waiting request. Only the breaker writes the links. */
export interface BreakerWaiter {
  /** Called when the request gets a slot, which must be released later. */
  admitted(): void;
  before: BreakerWaiter | undefined;
  after: BreakerWaiter | undefined;
}

const QUEUE_PER_SLOT = 10;

/** Follows `pkg/queue/breaker.go`, but serves waiting requests before new ones. Concurrency 0: no limit. */
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

  /** Running and waiting requests. */
  get inFlight(): number {
    return this.#running + this.#waiting;
  }

  get queued(): number {
    return this.#waiting;
  }

  /** "run": the request has a slot. "wait": `admitted` follows. "full": the request is rejected. */
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

  /** Removes a waiting request. */
  leave(waiter: BreakerWaiter): void {
    this.#waiting -= 1;
    if (waiter.before === undefined) this.#first = waiter.after;
    else waiter.before.after = waiter.after;
    if (waiter.after === undefined) this.#last = waiter.before;
    else waiter.after.before = waiter.before;
    waiter.before = undefined;
    waiter.after = undefined;
  }

  /** Frees a slot for the first waiting request. */
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
