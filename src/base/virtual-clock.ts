// A clock whose time moves only when a caller advances it. This clock never waits and never reads the machine's time.
import type { Clock, Time } from "./clock.ts";

interface Timer {
  readonly time: Time;
  /** Timers of the same time run in the order of their creation. */
  readonly order: number;
  run: (() => void) | undefined;
}

/** Cancelled timers stay in the heap until they are due, or until they are at least this many and half of the heap. */
const CANCELLED_BEFORE_SWEEP = 1024;

export class VirtualClock implements Clock {
  #now: Time;
  #heap: Timer[] = [];
  #created = 0;
  #cancelled = 0;

  constructor(start: Time) {
    this.#now = start;
  }

  now(): Time {
    return this.#now;
  }

  at(time: Time, run: () => void): Disposable {
    const timer: Timer = { time: Math.max(time, this.#now), order: this.#created++, run };
    this.#heap.push(timer);
    this.#rise(this.#heap.length - 1);
    return { [Symbol.dispose]: () => this.#cancel(timer) };
  }

  /** Returns the time of the next timer; undefined if none is set. */
  nextDue(): Time | undefined {
    for (;;) {
      const first = this.#heap[0];
      if (!first || first.run) return first?.time;
      this.#pop();
      this.#cancelled -= 1;
    }
  }

  /** Moves to the next timer and runs only that one. Returns false if none is due by `until`. */
  runNext(until: Time = Number.POSITIVE_INFINITY): boolean {
    const due = this.nextDue();
    if (due === undefined || due > until) return false;
    const timer = this.#pop();
    const { run } = timer;
    // A timer that runs can no longer be cancelled, not even by its own callback.
    timer.run = undefined;
    this.#now = Math.max(this.#now, due);
    run?.();
    return true;
  }

  /** Moves to `time` and runs all timers due until then, including those that callbacks add. Time never goes back. */
  advanceTo(time: Time): void {
    while (this.runNext(time));
    this.#now = Math.max(this.#now, time);
  }

  advance(ms: number): void {
    this.advanceTo(this.#now + ms);
  }

  /** Skips the time, as if the clock was set: overdue timers run once each, and see the new time. */
  jump(ms: number): void {
    this.#now += ms;
    this.advanceTo(this.#now);
  }

  #cancel(timer: Timer): void {
    if (!timer.run) return;
    timer.run = undefined;
    this.#cancelled += 1;
    if (this.#cancelled < CANCELLED_BEFORE_SWEEP || this.#cancelled * 2 < this.#heap.length) return;
    this.#heap = this.#heap.filter((kept) => kept.run).sort((a, b) => (isBefore(a, b) ? -1 : 1));
    this.#cancelled = 0;
  }

  #pop(): Timer {
    const first = this.#heap[0] as Timer;
    const last = this.#heap.pop() as Timer;
    if (this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#sink();
    }
    return first;
  }

  #rise(from: number): void {
    const heap = this.#heap;
    const timer = heap[from] as Timer;
    let index = from;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above] as Timer;
      if (!isBefore(timer, parent)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = timer;
  }

  #sink(): void {
    const heap = this.#heap;
    const timer = heap[0] as Timer;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= heap.length) break;
      const right = left + 1;
      const less = right < heap.length && isBefore(heap[right] as Timer, heap[left] as Timer) ? right : left;
      if (!isBefore(heap[less] as Timer, timer)) break;
      heap[index] = heap[less] as Timer;
      index = less;
    }
    heap[index] = timer;
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}
