import { describe, expect, test } from "vitest";
import { type DeadlineEntry, DeadlineQueue } from "../../../../src/data-plane/queue-proxy/deadline-queue.ts";
import { Drain } from "../../../../src/data-plane/queue-proxy/drain.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

class PaperDeadline implements DeadlineEntry {
  dueAt = Number.NEGATIVE_INFINITY;
  earlier: DeadlineEntry | undefined = undefined;
  later: DeadlineEntry | undefined = undefined;
  readonly name: string;
  readonly log: string[];

  constructor(name: string, log: string[]) {
    this.name = name;
    this.log = log;
  }

  due(): void {
    this.log.push(this.name);
  }
}

describe("a line of deadlines", () => {
  test("calls each when it is due, never one that was taken out, with one timer", async () => {
    const clock = new ManualClock();
    const line = new DeadlineQueue(clock, 1000);
    const log: string[] = [];
    const [a, b, c] = ["a", "b", "c"].map((name) => new PaperDeadline(name, log)) as [
      PaperDeadline,
      PaperDeadline,
      PaperDeadline,
    ];
    line.add(a, 0);
    line.add(b, 0);
    await clock.advance(500);
    line.add(c, 500);
    expect(clock.pending).toBe(1);
    line.remove(a);
    await clock.advance(500);
    expect(log).toEqual(["b"]);
    await clock.advance(500);
    expect(log).toEqual(["b", "c"]);
    line.remove(c);
    expect(clock.pending).toBe(0);
  });

  test("one that has waited elsewhere is due before those that came earlier", async () => {
    const clock = new ManualClock();
    const line = new DeadlineQueue(clock, 1000);
    const log: string[] = [];
    line.add(new PaperDeadline("late", log), 0);
    line.add(new PaperDeadline("early", log), -600);
    await clock.advance(400);
    expect(log).toEqual(["early"]);
    await clock.advance(600);
    expect(log).toEqual(["early", "late"]);
  });
});

describe("the drain", () => {
  const settledOf = (promise: Promise<void>): { done: boolean } => {
    const seen = { done: false };
    void promise.then(() => {
      seen.done = true;
    });
    return seen;
  };

  test("is quiet after so long without a new request; each arrival begins it anew", async () => {
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

  test("can be cancelled, and who waited for quiet waits no longer", async () => {
    const clock = new ManualClock();
    const drain = new Drain(clock);
    const quiet = settledOf(drain.begin(30_000));
    drain.cancel();
    await clock.advance(0);
    expect([quiet.done, drain.active]).toEqual([true, false]);
  });

  test("upgraded connections do not hold back the end of plain requests", async () => {
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
