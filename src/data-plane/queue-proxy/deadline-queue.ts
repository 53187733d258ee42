// Watches deadlines that share one limit. Deadlines expire in the order of their starts, so one timer is enough.
import type { Clock, Time } from "../../base/clock.ts";

/** An entry of a {@link DeadlineQueue}. Only the queue writes these fields. */
export interface DeadlineEntry {
  dueAt: Time;
  earlier: DeadlineEntry | undefined;
  later: DeadlineEntry | undefined;
}

/** `dueAt` of an entry that is in no queue. */
const NOT_QUEUED = Number.NEGATIVE_INFINITY;

export class DeadlineQueue<E extends DeadlineEntry> {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #onDue: (entry: E) => void;
  #first: DeadlineEntry | undefined;
  #last: DeadlineEntry | undefined;
  #timer: Disposable | undefined;
  #timerAt: Time = 0;

  /** `onDue` runs once for each entry whose deadline passes, after the entry has left the queue. */
  constructor(clock: Clock, limitMs: number, onDue: (entry: E) => void) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#onDue = onDue;
  }

  /** Searches the entry's place from the end, because `since` is nearly always the latest start. */
  add(entry: E, since: Time): void {
    entry.dueAt = since + this.#limitMs;
    let earlier = this.#last;
    while (earlier !== undefined && earlier.dueAt > entry.dueAt) earlier = earlier.earlier;
    const later = earlier === undefined ? this.#first : earlier.later;
    entry.earlier = earlier;
    entry.later = later;
    if (earlier === undefined) this.#first = entry;
    else earlier.later = entry;
    if (later === undefined) this.#last = entry;
    else later.earlier = entry;
    if (this.#timer === undefined || entry.dueAt < this.#timerAt) this.#arm(entry.dueAt);
  }

  /** Does nothing for an entry that is in no queue. */
  remove(entry: DeadlineEntry): void {
    if (entry.dueAt === NOT_QUEUED) return;
    entry.dueAt = NOT_QUEUED;
    if (entry.earlier === undefined) this.#first = entry.later;
    else entry.earlier.later = entry.later;
    if (entry.later === undefined) this.#last = entry.earlier;
    else entry.later.earlier = entry.earlier;
    entry.earlier = undefined;
    entry.later = undefined;
  }

  close(): void {
    this.#timer?.[Symbol.dispose]();
  }

  /** The first entry may have been removed since the timer was set. */
  #onTimer(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    while (this.#first !== undefined && this.#first.dueAt <= now) {
      const entry = this.#first as E;
      this.remove(entry);
      this.#onDue(entry);
    }
    if (this.#first !== undefined) this.#arm(this.#first.dueAt);
  }

  #arm(at: Time): void {
    this.#timer?.[Symbol.dispose]();
    this.#timerAt = at;
    this.#timer = this.#clock.at(at, () => this.#onTimer());
  }
}
