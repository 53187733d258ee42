// Runs work that no caller awaits, such as timers and event handlers, so that an error in it cannot end the process.
import type { Clock, Time } from "./clock.ts";
import type { Logger } from "./logger.ts";

/** Runs `work`. Logs its error, or the error of the promise that it returns. `what` names the work in the log. */
export function runInBackground(log: Logger, what: string, work: () => unknown): void {
  const onError = (error: unknown): void => log.error(`${what} failed`, { error });
  try {
    const result = work();
    if (result instanceof Promise) result.catch(onError);
  } catch (error) {
    onError(error);
  }
}

/** A clock whose timers may run asynchronous work. Errors of the work are logged. */
export interface GuardedClock extends Clock {
  at(time: Time, run: () => unknown): Disposable;
}

export function guardTimers(clock: Clock, log: Logger): GuardedClock {
  return {
    now: () => clock.now(),
    at: (time, run) => clock.at(time, () => runInBackground(log, "a timer", run)),
  };
}
