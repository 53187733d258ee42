// Time as a parameter: the one interface through which the emulator waits, real or virtual. It never reads the system clock itself.

/** Milliseconds since the Unix epoch. */
export type Time = number;

/**
 * Calls back at instants. Callbacks run in order of time, then of creation; a time that has passed runs as soon as it can.
 * Disposing of the returned handle cancels the call.
 */
export interface Clock {
  now(): Time;
  at(time: Time, run: () => void): Disposable;
}
