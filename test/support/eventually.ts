// Waiting in tests: tries until it no longer throws, with one multiplier for slow machines (KNAP_TEST_PATIENCE).
import { setTimeout as sleep } from "node:timers/promises";

const patience = Number(process.env["KNAP_TEST_PATIENCE"] ?? 1);

/** Resolves with what `attempt` gives once it does not throw; rejects with its last error when the time is up. */
export async function eventually<T>(attempt: () => T | Promise<T>, withinMs = 10_000, everyMs = 20): Promise<T> {
  const until = performance.now() + withinMs * patience;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > until) throw error;
      await sleep(everyMs);
    }
  }
}
