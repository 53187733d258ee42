// Tests invariants of the wall clock for any change of the machine's clock.
import fc from "fast-check";
import { expect, test } from "vitest";
import { VirtualClock } from "../../src/base/virtual-clock.ts";
import { WallClock } from "../../src/base/wall-clock.ts";

type Step =
  | { readonly do: "pass"; readonly ms: number }
  | { readonly do: "set"; readonly byMs: number }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "read" };

const DAY = 86_400_000;
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("pass" as const), ms: fc.integer({ min: 0, max: 20_000 }) }),
  fc.record({
    do: fc.constant("set" as const),
    byMs: fc.oneof(fc.integer({ min: -2500, max: 2500 }), fc.integer({ min: -DAY, max: DAY })),
  }),
  fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: -10, max: 60_000 }) }),
  fc.record({ do: fc.constant("read" as const) }),
);

test("time never goes back, and every timer fires exactly once and on time", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const monotonic = new VirtualClock(5000);
      let wallMs = DAY * 365;
      const clock = new WallClock({ wall: () => monotonic.now() + wallMs, monotonic });
      let last = clock.now();
      const read = (): number => {
        const now = clock.now();
        expect(now).toBeGreaterThanOrEqual(last);
        last = now;
        return now;
      };
      // Each correction of at most a second may delay time by that second.
      let maxDelayMs = 0;
      const ends: number[][] = [];
      const wait = (ms: number): void => {
        const due = read() + ms;
        const latest = monotonic.now() + Math.max(0, ms);
        const ended: number[] = [];
        ends.push(ended);
        clock.at(due, () => {
          expect(read()).toBeGreaterThanOrEqual(due);
          expect(monotonic.now()).toBeLessThanOrEqual(latest + maxDelayMs);
          ended.push(monotonic.now());
        });
      };
      for (const each of steps) {
        if (each.do === "pass") monotonic.advance(each.ms);
        if (each.do === "set") wallMs += each.byMs;
        if (each.do === "set") maxDelayMs += 1000;
        if (each.do === "wait") wait(each.ms);
        read();
      }
      monotonic.advance(60_000 + maxDelayMs);
      expect(ends.map((ended) => ended.length)).toEqual(ends.map(() => 1));
    }),
  );
});
