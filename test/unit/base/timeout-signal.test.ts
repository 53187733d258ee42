import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { timeoutSignal } from "../../../src/base/timeout-signal.ts";

test("a timeout of more than 25 days does not end at once, and a fraction of a millisecond is allowed", async () => {
  const [month, century, short] = [2 ** 31, 2 ** 42, 1.5].map(timeoutSignal);
  await sleep(30);
  expect([month?.aborted, century?.aborted, short?.aborted]).toEqual([false, false, true]);
});
