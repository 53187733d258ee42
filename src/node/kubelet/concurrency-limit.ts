// Limits how many operations run at the same time. The others wait in order.

/** Runs `work` as soon as fewer operations than the limit run. */
export type ConcurrencyLimit = <T>(work: () => Promise<T>) => Promise<T>;

export function makeConcurrencyLimit(limit: number): ConcurrencyLimit {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    // When a finished operation starts a waiting one, `running` stays the same.
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
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
