// Many touches become one run: after a quiet moment, at the latest a while after the first. Knows only a clock.
import type { Clock, Time } from "../base/clock.ts";

export interface Batcher extends Disposable {
  touch(): void;
}

export interface BatchTimes {
  readonly quietMs: number;
  readonly longestMs: number;
}

/** Product's figures: 150 ms of quiet, at most 2 s. */
export const saveTimes: BatchTimes = { quietMs: 150, longestMs: 2000 };

export function makeBatcher(clock: Clock, times: BatchTimes, run: () => void): Batcher {
  let timer: Disposable | undefined;
  let first: Time | undefined;
  const fire = (): void => {
    timer = undefined;
    first = undefined;
    run();
  };
  return {
    touch() {
      const now = clock.now();
      first ??= now;
      timer?.[Symbol.dispose]();
      timer = clock.at(Math.min(now + times.quietMs, first + times.longestMs), fire);
    },
    [Symbol.dispose]: () => timer?.[Symbol.dispose](),
  };
}
