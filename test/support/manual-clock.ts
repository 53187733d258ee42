// A clock that tests advance.
import type { Clock, Time } from "../../src/base/clock.ts";

interface Call {
  readonly time: Time;
  readonly run: () => void;
}

/** A {@link Clock} that stands still between {@link ManualClock.advance} calls. */
export class ManualClock implements Clock {
  #now: Time;
  readonly #calls = new Set<Call>();

  constructor(now: Time = 0) {
    this.#now = now;
  }

  /** The number of pending timers. */
  get pending(): number {
    return this.#calls.size;
  }

  now(): Time {
    return this.#now;
  }

  at(time: Time, run: () => void): Disposable {
    const call: Call = { time: Math.max(time, this.#now), run };
    this.#calls.add(call);
    return { [Symbol.dispose]: () => this.#calls.delete(call) };
  }

  /** Advances the time and runs due timers in order of time, then of creation. Promises settle between timers. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await settled();
      let due: Call | undefined;
      for (const call of this.#calls) if (call.time <= end && (!due || call.time < due.time)) due = call;
      if (!due) break;
      this.#calls.delete(due);
      this.#now = due.time;
      due.run();
    }
    this.#now = end;
    await settled();
  }
}

/** Runs pending promise callbacks. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
