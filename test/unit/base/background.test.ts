// Errors of work that no caller awaits are logged.
import { expect, test } from "vitest";
import { guardTimers, runInBackground } from "../../../src/base/background.ts";
import { makeLogger } from "../../../src/base/logger.ts";
import { ManualClock } from "../../support/manual-clock.ts";

test("errors of background work and timers are logged and reach no caller (11 A1)", async () => {
  const logged: string[] = [];
  const log = makeLogger(({ message, fields }) => logged.push(`${message}: ${(fields["error"] as Error).message}`));
  runInBackground(log, "work", () => {
    throw new Error("thrown");
  });
  runInBackground(log, "work", () => Promise.reject(new Error("rejected")));
  runInBackground(log, "work", () => Promise.resolve());
  const clock = new ManualClock();
  guardTimers(clock, log).at(1, async () => {
    throw new Error("late");
  });
  await clock.advance(1);
  expect(logged).toEqual(["work failed: thrown", "work failed: rejected", "a timer failed: late"]);
});
