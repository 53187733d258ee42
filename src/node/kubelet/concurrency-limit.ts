// Limits how many operations run at the same time; the others wait in order.

/** Runs `work` as soon as fewer operations than the bound are running. */
export type ConcurrencyLimit = <T>(work: () => Promise<T>) => Promise<T>;

/** Makes a {@link ConcurrencyLimit} for `bound` at a time. */
export function makeConcurrencyLimit(bound: number): ConcurrencyLimit {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    // A finished operation hands its place to the next one, so the count stays the same.
    if (running >= bound) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
