// Real time that nobody can set: it began with the process at the machine's time and runs evenly. What waits for sockets, containers or people
// keeps to it. It never says what time it is for others to read: that is the wall clock's.
import type { Clock, Time } from "./clock.ts";

/** setTimeout holds at most 2^31 - 1 ms; longer waits are taken in legs. */
const LONGEST_LEG_MS = 2 ** 31 - 1;

/** Waits of a second and longer end together at multiples of this: a thousand periods are no thousand awakenings. */
const LONG_WAIT_MS = 1000;
const SHARED_MS = 25;

/** A {@link Clock} that setting the machine's does not touch, and that may rest while the machine sleeps. Its timers never keep the process alive by themselves. */
export const steadyClock: Clock = {
  now: () => Math.floor(performance.timeOrigin + performance.now()),
  at(time: Time, run: () => void): Disposable {
    let timer: NodeJS.Timeout;
    const isLong = time - steadyClock.now() >= LONG_WAIT_MS;
    const end = isLong ? Math.ceil(time / SHARED_MS) * SHARED_MS : time;
    const arm = (): void => {
      const left = Math.max(0, end - steadyClock.now());
      timer = setTimeout(() => (left > LONGEST_LEG_MS ? arm() : run()), Math.min(left, LONGEST_LEG_MS));
      timer.unref();
    };
    arm();
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};
