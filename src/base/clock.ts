// The interface through which all code of the emulator reads time and sets timers, real or virtual.

/** Milliseconds since the Unix epoch. */
export type Time = number;

export interface Clock {
  now(): Time;
  /**
   * Calls `run` at `time`, or as soon as possible if that time has passed. Callbacks run in order of their time, then
   * of their creation. Disposing of the returned handle cancels the call.
   */
  at(time: Time, run: () => void): Disposable;
}
