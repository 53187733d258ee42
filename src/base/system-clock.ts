// The clock of the machine. The only home of Date.now and setTimeout for everything that takes a Clock.
import type { Clock, Time } from "./clock.ts";

/** setTimeout holds at most 2^31 - 1 ms; longer waits are taken in legs. */
const LONGEST_LEG_MS = 2 ** 31 - 1;

/** Waits of a second and longer end together at multiples of this: a thousand periods are no thousand awakenings. */
const LONG_WAIT_MS = 1000;
const SHARED_MS = 25;

/** A {@link Clock} on the machine's time. Its timers never keep the process alive by themselves. */
export const systemClock: Clock = {
  now: () => Date.now(),
  at(time: Time, run: () => void): Disposable {
    let timer: NodeJS.Timeout;
    const isLong = time - Date.now() >= LONG_WAIT_MS;
    const end = isLong ? Math.ceil(time / SHARED_MS) * SHARED_MS : time;
    const arm = (): void => {
      const left = Math.max(0, end - Date.now());
      timer = setTimeout(() => (left > LONGEST_LEG_MS ? arm() : run()), Math.min(left, LONGEST_LEG_MS));
      timer.unref();
    };
    arm();
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};
