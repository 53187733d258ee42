// Time that only moves when a test says so.
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

  /** Calls that are still to come. */
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

  /** Moves time on, calling back on the way in order of time, then of creation; promises settle between calls. */
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

/** Lets promise callbacks run that are due already. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
