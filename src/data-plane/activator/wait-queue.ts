// Queues requests in order of arrival. A linked list, so that every operation takes constant time.
import type { Time } from "../../base/clock.ts";

/** A waiting request. The owner of the queue calls `done` once, when the request leaves. */
export interface WaitEntry<R> {
  readonly deadline: Time;
  readonly done: (result: R) => void;
  before: WaitEntry<R> | undefined;
  after: WaitEntry<R> | undefined;
  waiting: boolean;
}

export class WaitQueue<R> {
  #first: WaitEntry<R> | undefined;
  #last: WaitEntry<R> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): WaitEntry<R> | undefined {
    return this.#first;
  }

  join(deadline: Time, done: (result: R) => void): WaitEntry<R> {
    const waiter: WaitEntry<R> = { deadline, done, before: this.#last, after: undefined, waiting: true };
    if (this.#last) this.#last.after = waiter;
    else this.#first = waiter;
    this.#last = waiter;
    this.#size += 1;
    return waiter;
  }

  /** Removes the request; false if it had left already. */
  leave(waiter: WaitEntry<R>): boolean {
    if (!waiter.waiting) return false;
    waiter.waiting = false;
    if (waiter.before) waiter.before.after = waiter.after;
    else this.#first = waiter.after;
    if (waiter.after) waiter.after.before = waiter.before;
    else this.#last = waiter.before;
    waiter.before = undefined;
    waiter.after = undefined;
    this.#size -= 1;
    return true;
  }
}
