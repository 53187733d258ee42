// The clock for timestamps of API objects. It follows the system clock but never goes back; its timers use the
// monotonic clock. If the system clock is set back by more than 1 s, this clock advances with the monotonic clock until
// the system clock has caught up.
import type { Clock, Time } from "./clock.ts";

/**
 * A difference of at most this is an NTP correction, not a clock change. This clock adopts it, but repeats its last
 * value instead of going back.
 */
const TOLERANCE_MS = 1000;
/** Interval of the check for clock jumps while a timer is pending. */
const CHECK_EVERY_MS = 1000;
/**
 * If a check runs more than this after its due time, the machine was asleep. This also detects sleep on macOS, where
 * the monotonic clock advances during sleep and no jump is visible.
 */
const SLEPT_MS = 5000;

export interface WallClockOptions {
  /** Reads the machine's clock, which can be set at any moment. */
  readonly wall: () => Time;
  /** Runs the timers, and is the reference for detecting jumps of `wall`. */
  readonly monotonic: Clock;
  /** The machine's clock was set by `byMs` (negative: back). Called during a reading of this clock. */
  readonly onSet?: (byMs: number) => void;
}

interface Wait {
  readonly time: Time;
  run(): void;
  timer?: Disposable;
}

/** Runs each timer once, when this clock reaches its time. After a jump forward, overdue timers run at once. */
export class WallClock implements Clock {
  readonly #options: WallClockOptions;
  /** This clock's time and the monotonic clock's time at the last reading. */
  #now: Time;
  #readAt: Time;
  /** ms by which the system clock was behind this clock at the last reading; 0 if at most TOLERANCE_MS. */
  #behindMs = 0;
  #awakeSince: Time;
  /** In insertion order: timers with equal time run in order of creation. */
  readonly #waits = new Set<Wait>();
  #check: Disposable | undefined;

  constructor(options: WallClockOptions) {
    this.#options = options;
    this.#now = options.wall();
    this.#readAt = options.monotonic.now();
    this.#awakeSince = this.#now;
  }

  /**
   * Time of the latest of these: session start, last jump forward, end of the last sleep. Progress deadlines and the
   * activation timeout never start before this time, because components do not run while the machine sleeps.
   */
  get awakeSince(): Time {
    return this.#awakeSince;
  }

  now(): Time {
    const { wall, monotonic } = this.#options;
    const readAt = monotonic.now();
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
    wait.timer = this.#options.monotonic.at(this.#readAt + wait.time - this.#now, () => this.#due(wait));
  }

  #due(wait: Wait): void {
    const now = this.now();
    // `now()` may have detected a jump and re-armed this wait: cancel that timer.
    wait.timer?.[Symbol.dispose]();
    // After an NTP correction this clock can be behind the monotonic clock, so the timer fires too early.
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
    const { monotonic } = this.#options;
    const due = monotonic.now() + CHECK_EVERY_MS;
    this.#check = monotonic.at(due, () => {
      this.#check = undefined;
      if (this.#waits.size === 0) return;
      const now = this.now();
      if (monotonic.now() - due > SLEPT_MS) this.#awakeSince = now;
      this.#scheduleCheck();
    });
  }
}
