// Deadlines that all lie the same time ahead of their start, so the first in line is always the next due: one timer for any number of requests.
import type { Clock, Time } from "../../base/clock.ts";

/** A request under a deadline; links are the line's. */
export interface DeadlineEntry {
  due(): void;
  dueAt: Time;
  earlier: DeadlineEntry | undefined;
  later: DeadlineEntry | undefined;
}

/** A marker for "in no line". */
const NOWHERE = Number.NEGATIVE_INFINITY;

export class DeadlineQueue {
  readonly #clock: Clock;
  readonly #limitMs: number;
  #first: DeadlineEntry | undefined;
  #last: DeadlineEntry | undefined;
  #timer: Disposable | undefined;
  #timerAt: Time = 0;

  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock;
    this.#limitMs = limitMs;
  }

  /** `since`: nearly always the latest in the line, so its place is looked for from the end. */
  add(dated: DeadlineEntry, since: Time): void {
    dated.dueAt = since + this.#limitMs;
    let earlier = this.#last;
    while (earlier !== undefined && earlier.dueAt > dated.dueAt) earlier = earlier.earlier;
    const later = earlier === undefined ? this.#first : earlier.later;
    dated.earlier = earlier;
    dated.later = later;
    if (earlier === undefined) this.#first = dated;
    else earlier.later = dated;
    if (later === undefined) this.#last = dated;
    else later.earlier = dated;
    if (this.#timer === undefined || dated.dueAt < this.#timerAt) this.#arm(dated.dueAt);
  }

  /** Does nothing for what is in no line. */
  remove(dated: DeadlineEntry): void {
    if (dated.dueAt === NOWHERE) return;
    dated.dueAt = NOWHERE;
    if (dated.earlier === undefined) this.#first = dated.later;
    else dated.earlier.later = dated.later;
    if (dated.later === undefined) this.#last = dated.earlier;
    else dated.later.earlier = dated.earlier;
    dated.earlier = undefined;
    dated.later = undefined;
  }

  close(): void {
    this.#timer?.[Symbol.dispose]();
  }

  /** The timer is left to run when its request ends early: it finds out who is first now. */
  #onTimer(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    while (this.#first !== undefined && this.#first.dueAt <= now) {
      const first = this.#first;
      this.remove(first);
      first.due();
    }
    if (this.#first !== undefined) this.#arm(this.#first.dueAt);
  }

  #arm(at: Time): void {
    this.#timer?.[Symbol.dispose]();
    this.#timerAt = at;
    this.#timer = this.#clock.at(at, () => this.#onTimer());
  }
}
