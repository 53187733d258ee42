import { describe, expect, test } from "vitest";
import { type DeadlineEntry, DeadlineQueue } from "../../../../src/data-plane/queue-proxy/deadline-queue.ts";
import { Drain } from "../../../../src/data-plane/queue-proxy/drain.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

function entryOf(name: string): DeadlineEntry & { readonly name: string } {
  return { name, dueAt: Number.NEGATIVE_INFINITY, earlier: undefined, later: undefined };
}

describe("the deadline queue", () => {
  test("the deadline queue reports each deadline that passes, none that was removed, and uses one timer", async () => {
    const clock = new ManualClock();
    const log: string[] = [];
    const queue = new DeadlineQueue<ReturnType<typeof entryOf>>(clock, 1000, ({ name }) => log.push(name));
    const [a, b, c] = [entryOf("a"), entryOf("b"), entryOf("c")];
    queue.add(a, 0);
    queue.add(b, 0);
    await clock.advance(500);
    queue.add(c, 500);
    expect(clock.pending).toBe(1);
    queue.remove(a);
    await clock.advance(500);
    expect(log).toEqual(["b"]);
    await clock.advance(500);
    expect(log).toEqual(["b", "c"]);
    queue.remove(c);
    expect(clock.pending).toBe(0);
  });

  test("an entry with an earlier start is due before entries that were added earlier", async () => {
    const clock = new ManualClock();
    const log: string[] = [];
    const queue = new DeadlineQueue<ReturnType<typeof entryOf>>(clock, 1000, ({ name }) => log.push(name));
    queue.add(entryOf("late"), 0);
    queue.add(entryOf("early"), -600);
    await clock.advance(400);
    expect(log).toEqual(["early"]);
    await clock.advance(600);
    expect(log).toEqual(["early", "late"]);
  });
});

describe("the drain", () => {
  const settledOf = (promise: Promise<void>): { done: boolean } => {
    const state = { done: false };
    void promise.then(() => {
      state.done = true;
    });
    return state;
  };

  test("the drain ends after the quiet period without a new request; each request restarts the period", async () => {
    const clock = new ManualClock();
    const drain = new Drain(clock);
    const quiet = settledOf(drain.begin(30_000));
    await clock.advance(20_000);
    drain.enter();
    await clock.advance(29_999);
    expect(quiet.done).toBe(false);
    await clock.advance(1);
    expect(quiet.done).toBe(true);
  });

  test("cancelling the drain ends the wait for the quiet period", async () => {
    const clock = new ManualClock();
    const drain = new Drain(clock);
    const quiet = settledOf(drain.begin(30_000));
    drain.cancel();
    await clock.advance(0);
    expect([quiet.done, drain.active]).toEqual([true, false]);
  });

  test("upgraded connections do not delay the report that plain requests have ended", async () => {
    const drain = new Drain(new ManualClock());
    drain.enter();
    drain.enter();
    const idle = settledOf(drain.idle());
    drain.upgrade();
    drain.leave(false);
    await Promise.resolve();
    expect([idle.done, drain.plain, drain.upgraded]).toEqual([true, 0, 1]);
    drain.leave(true);
    expect(drain.upgraded).toBe(0);
  });
});
