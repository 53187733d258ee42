// The clock for timeouts. This clock starts at the machine's time and ignores later changes of that time; timestamps
// come from the wall clock.
import type { Clock, Time } from "./clock.ts";

/** setTimeout accepts at most 2^31 - 1 ms; longer waits use several timers in sequence. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** Waits of at least LONG_WAIT_MS are rounded up to multiples of ROUNDING_MS, so that many timers share one wake-up. */
const LONG_WAIT_MS = 1000;
const ROUNDING_MS = 25;

/** Its timers do not keep the process alive. On some systems it does not advance while the machine sleeps. */
export const monotonicClock: Clock = {
  now: () => Math.floor(performance.timeOrigin + performance.now()),
  at(time: Time, run: () => void): Disposable {
    let timer: NodeJS.Timeout;
    const isLong = time - monotonicClock.now() >= LONG_WAIT_MS;
    const end = isLong ? Math.ceil(time / ROUNDING_MS) * ROUNDING_MS : time;
    const arm = (): void => {
      const left = Math.max(0, end - monotonicClock.now());
      timer = setTimeout(() => (left > LONGEST_TIMEOUT_MS ? arm() : run()), Math.min(left, LONGEST_TIMEOUT_MS));
      timer.unref();
    };
    arm();
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};
