/** A timer of Node with more than 2^31 - 1 ms, about 25 days, would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A signal that aborts after `ms`, at the latest after about 25 days. */
export function timeoutSignal(ms: number): AbortSignal {
  // AbortSignal.timeout refuses fractions.
  return AbortSignal.timeout(Math.min(Math.ceil(ms), LONGEST_TIMER_MS));
}
