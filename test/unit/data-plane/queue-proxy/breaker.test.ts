import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Breaker, type BreakerWaiter } from "../../../../src/data-plane/queue-proxy/breaker.ts";

class PaperWaiter implements BreakerWaiter {
  admissions = 0;
  before: BreakerWaiter | undefined = undefined;
  after: BreakerWaiter | undefined = undefined;

  admitted(): void {
    this.admissions += 1;
  }
}

describe("the breaker", () => {
  test("the breaker runs as many requests as it has slots, queues ten times as many, and refuses the next", () => {
    const breaker = new Breaker(2);
    const admissions = Array.from({ length: 23 }, () => breaker.enter(new PaperWaiter()));
    expect(admissions.filter((admission) => admission === "run")).toHaveLength(2);
    expect(admissions.filter((admission) => admission === "wait")).toHaveLength(20);
    expect(admissions.at(-1)).toBe("full");
  });

  test("a breaker without a limit queues no request", () => {
    const breaker = new Breaker(0);
    const admissions = new Set(Array.from({ length: 10_000 }, () => breaker.enter(new PaperWaiter())));
    expect(admissions).toEqual(new Set(["run"]));
  });

  test("waiting requests are served in order; those that left are skipped", () => {
    const breaker = new Breaker(1);
    const [, second, third, fourth] = Array.from({ length: 4 }, () => {
      const waiter = new PaperWaiter();
      breaker.enter(waiter);
      return waiter;
    }) as [PaperWaiter, PaperWaiter, PaperWaiter, PaperWaiter];
    breaker.leave(third);
    breaker.release();
    expect([second.admissions, third.admissions, fourth.admissions]).toEqual([1, 0, 0]);
    breaker.release();
    expect([second.admissions, third.admissions, fourth.admissions]).toEqual([1, 0, 1]);
    breaker.release();
    expect(breaker.inFlight).toBe(0);
  });

  test("the breaker never runs more requests than slots and loses none, in any order", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(fc.integer({ min: 0, max: 2 })), (slots, moves) => {
        const breaker = new Breaker(slots);
        const waiting: PaperWaiter[] = [];
        let running = 0;
        const settle = (): void => {
          for (const waiter of waiting.splice(0)) {
            if (waiter.admissions === 0) waiting.push(waiter);
            else running += 1;
          }
        };
        for (const move of moves) {
          if (move === 0) {
            const waiter = new PaperWaiter();
            const admission = breaker.enter(waiter);
            if (admission === "run") running += 1;
            else if (admission === "wait") waiting.push(waiter);
          } else if (move === 1 && running > 0) {
            running -= 1;
            breaker.release();
          } else if (move === 2) {
            const leaving = waiting.shift();
            if (leaving !== undefined) breaker.leave(leaving);
          }
          settle();
          expect(running).toBeLessThanOrEqual(slots);
          expect(breaker.inFlight).toBe(running + waiting.length);
          expect(breaker.queued).toBe(waiting.length);
        }
      }),
    );
  });
});
