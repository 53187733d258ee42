// Retries an assertion until it passes. KNAP_TEST_PATIENCE multiplies the time limit on slow machines.
import { setTimeout as sleep } from "node:timers/promises";

const patience = Number(process.env["KNAP_TEST_PATIENCE"] ?? 1);

/**
 * Resolves with the first result of `attempt` that does not throw; rejects with the last error after the time limit.
 */
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
