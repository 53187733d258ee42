// The time of a session's objects: the machine's, except that it never goes back. It runs by the steady clock, follows the machine's forward (a laptop
// that slept, a clock that was set), and goes on evenly while that is behind. It tells about jumps and does nothing about them.
import type { Clock, Time } from "./clock.ts";

/** A clock that is off by no more was corrected, not set: time follows it, standing still where it would go back. */
const TOLERANCE_MS = 1000;
/** A jump that nobody's reading has found is found so long after. */
const LOOK_EVERY_MS = 1000;
/** Who looks so much too late has slept, also where steady time goes on in sleep (macOS). */
const SLEPT_MS = 5000;

export interface WallClockOptions {
  /** What the machine says that it is; may be set at any moment. */
  readonly wall: () => Time;
  /** By which all waiting is done. */
  readonly steady: Clock;
  /** The machine's clock was set by so much (negative: back, and then this one goes on without it). Called in the midst of a reading. */
  readonly onSet?: (byMs: number) => void;
}

interface Wait {
  readonly time: Time;
  run(): void;
  timer?: Disposable;
}

/** A {@link Clock} whose waits end when its own time has come: at once after a jump forward, and never twice. */
export class WallClock implements Clock {
  readonly #options: WallClockOptions;
  /** Time and steady time at the last reading. */
  #now: Time;
  #readAt: Time;
  /** How far the machine's clock was behind at the last reading, if it was set back. */
  #behindMs = 0;
  #awakeSince: Time;
  /** In the order of their creation. */
  readonly #waits = new Set<Wait>();
  #look: Disposable | undefined;

  constructor(options: WallClockOptions) {
    this.#options = options;
    this.#now = options.wall();
    this.#readAt = options.steady.now();
    this.#awakeSince = this.#now;
  }

  /** Since when time has passed in which somebody could do something: the beginning, the last jump forward, the end of the last sleep. */
  get awakeSince(): Time {
    return this.#awakeSince;
  }

  now(): Time {
    const { wall, steady } = this.#options;
    const readAt = steady.now();
    const evenly = this.#now + readAt - this.#readAt;
    const says = wall();
    const ahead = says - evenly;
    this.#now = ahead < -TOLERANCE_MS ? evenly : Math.max(says, this.#now);
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
    this.#keepLooking();
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

  /** From the last reading, which the caller has just made. */
  #arm(wait: Wait): void {
    wait.timer = this.#options.steady.at(this.#readAt + wait.time - this.#now, () => this.#due(wait));
  }

  #due(wait: Wait): void {
    const now = this.now();
    // The reading may have found a jump, which arms everybody anew.
    wait.timer?.[Symbol.dispose]();
    // Where time stood still a little to let the machine's come along, the rest is waited for.
    if (now < wait.time) {
      this.#arm(wait);
    } else {
      this.#waits.delete(wait);
      wait.run();
    }
  }

  /** While somebody waits. */
  #keepLooking(): void {
    if (this.#look) return;
    const { steady } = this.#options;
    const due = steady.now() + LOOK_EVERY_MS;
    this.#look = steady.at(due, () => {
      this.#look = undefined;
      if (this.#waits.size === 0) return;
      const now = this.now();
      if (steady.now() - due > SLEPT_MS) this.#awakeSince = now;
      this.#keepLooking();
    });
  }
}
