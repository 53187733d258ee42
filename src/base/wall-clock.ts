// The clock of a session's objects: follows the machine's clock, but never goes back. Between readings it advances with
// the steady clock; if the machine's clock was set back, it ignores the machine's clock until that has caught up.
import type { Clock, Time } from "./clock.ts";

/**
 * Smaller differences are corrections (NTP), not a set clock: time follows them, and stands still instead of going
 * back.
 */
const TOLERANCE_MS = 1000;
/** How often the clock checks for a jump when no caller reads it. */
const CHECK_EVERY_MS = 1000;
/**
 * A check that is later than this means that the machine slept, even where the steady clock advances in sleep (macOS).
 */
const SLEPT_MS = 5000;

export interface WallClockOptions {
  /** Reads the machine's clock, which can be set at any moment. */
  readonly wall: () => Time;
  /** Measures all waiting. */
  readonly steady: Clock;
  /** The machine's clock was set by `byMs` (negative: back). Called during a reading of this clock. */
  readonly onSet?: (byMs: number) => void;
}

interface Wait {
  readonly time: Time;
  run(): void;
  timer?: Disposable;
}

/** Timers run when this clock reaches their time: immediately after a jump forward, and never twice. */
export class WallClock implements Clock {
  readonly #options: WallClockOptions;
  /** This clock's time and the steady clock's time at the last reading. */
  #now: Time;
  #readAt: Time;
  /** By how much the machine's clock was behind at the last reading; 0 if it was not set back. */
  #behindMs = 0;
  #awakeSince: Time;
  /** In order of creation. */
  readonly #waits = new Set<Wait>();
  #check: Disposable | undefined;

  constructor(options: WallClockOptions) {
    this.#options = options;
    this.#now = options.wall();
    this.#readAt = options.steady.now();
    this.#awakeSince = this.#now;
  }

  /**
   * The latest of: start, last jump forward, end of the last sleep. Progress deadlines count from here at the earliest,
   * because components cannot work during a jump or a sleep.
   */
  get awakeSince(): Time {
    return this.#awakeSince;
  }

  now(): Time {
    const { wall, steady } = this.#options;
    const readAt = steady.now();
    const expected = this.#now + readAt - this.#readAt;
    const machine = wall();
    const ahead = machine - expected;
    this.#now = ahead < -TOLERANCE_MS ? expected : Math.max(machine, this.#now);
    this.#readAt = readAt;
    const setBy = ahead + this.#behindMs;
    this.#behindMs = ahead < -TOLERANCE_MS ? -ahead : 0;
    if (ahead > TOLERANCE_MS) this.#jump();
    if (Math.abs(setBy) > TOLERANCE_MS) this.#options.onSet?.(setBy);
    return this.#now;
  }

  at(time: Time, run: () => void): Disposable {
    this.now();
    const wait: Wait = { time, run };
    this.#waits.add(wait);
    this.#arm(wait);
    this.#scheduleCheck();
    return {
      [Symbol.dispose]: () => {
        wait.timer?.[Symbol.dispose]();
        this.#waits.delete(wait);
      },
    };
  }

  #jump(): void {
    this.#awakeSince = this.#now;
    for (const wait of [...this.#waits].sort((a, b) => a.time - b.time)) {
      wait.timer?.[Symbol.dispose]();
      this.#arm(wait);
    }
  }

  /** Uses the last reading: callers have just read the clock. */
  #arm(wait: Wait): void {
    wait.timer = this.#options.steady.at(this.#readAt + wait.time - this.#now, () => this.#due(wait));
  }

  #due(wait: Wait): void {
    const now = this.now();
    // The reading may have found a jump, which sets the timers of all waits again.
    wait.timer?.[Symbol.dispose]();
    // This clock may have stood still for a correction: wait for the remaining time.
    if (now < wait.time) {
      this.#arm(wait);
    } else {
      this.#waits.delete(wait);
      wait.run();
    }
  }

  /** Checks for jumps as long as any wait is pending. */
  #scheduleCheck(): void {
    if (this.#check) return;
    const { steady } = this.#options;
    const due = steady.now() + CHECK_EVERY_MS;
    this.#check = steady.at(due, () => {
      this.#check = undefined;
      if (this.#waits.size === 0) return;
      const now = this.now();
      if (steady.now() - due > SLEPT_MS) this.#awakeSince = now;
      this.#scheduleCheck();
    });
  }
}
