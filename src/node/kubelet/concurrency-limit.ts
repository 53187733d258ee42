// Lets a bounded number of things run at once, first come first served.

/** Runs `work` as soon as fewer than the bound are running. */
export type ConcurrencyLimit = <T>(work: () => Promise<T>) => Promise<T>;

/** Makes a {@link ConcurrencyLimit} for `bound` at a time. */
export function makeConcurrencyLimit(bound: number): ConcurrencyLimit {
  let running = 0;
  const line: (() => void)[] = [];
  return async (work) => {
    // Whoever leaves hands the place on, so the count does not change in between.
    if (running >= bound) await new Promise<void>((resolve) => line.push(resolve));
    else running++;
    try {
      return await work();
    } finally {
      const next = line.shift();
      if (next) next();
      else running--;
    }
  };
}
