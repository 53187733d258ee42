// Queues requests in the order of their deadlines, as a linked list.
import type { Time } from "../../base/clock.ts";

/** A waiting request. The owner of the queue calls `done` once, when the request leaves. */
export interface WaitEntry<R> {
  deadline: Time;
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

  /** Searches the place from the end, because `deadline` is nearly always the latest. */
  join(deadline: Time, done: (result: R) => void): WaitEntry<R> {
    let before = this.#last;
    while (before && before.deadline > deadline) before = before.before;
    const after = before ? before.after : this.#first;
    const waiter: WaitEntry<R> = { deadline, done, before, after, waiting: true };
    if (before) before.after = waiter;
    else this.#first = waiter;
    if (after) after.before = waiter;
    else this.#last = waiter;
    this.#size += 1;
    return waiter;
  }

  /** Moves later deadlines to this one. Otherwise new requests would come before those that wait already. */
  capDeadlines(latest: Time): void {
    for (let waiter = this.#last; waiter && waiter.deadline > latest; waiter = waiter.before) waiter.deadline = latest;
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
