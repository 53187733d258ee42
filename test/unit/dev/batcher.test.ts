import { describe, expect, test } from "vitest";
import type { Clock } from "../../../src/base/clock.ts";
import { makeBatcher, saveTimes } from "../../../src/dev/watch-paths.ts";

describe("a batcher", () => {
  function setUp() {
    let time = 0;
    let timers: { at: number; run: () => void }[] = [];
    const clock: Clock = {
      now: () => time,
      at(at, run) {
        const timer = { at, run };
        timers.push(timer);
        return {
          [Symbol.dispose]: () => {
            timers = timers.filter((each) => each !== timer);
          },
        };
      },
    };
    const runs: number[] = [];
    const batcher = makeBatcher(clock, saveTimes, () => runs.push(time));
    const advance = (to: number): void => {
      for (;;) {
        const next = timers.filter(({ at }) => at <= to).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        timers = timers.filter((each) => each !== next);
        time = next.at;
        next.run();
      }
      time = to;
    };
    return { batcher, runs, advance };
  }

  test("the batcher runs once, 150 ms after the last touch", () => {
    const { batcher, runs, advance } = setUp();
    batcher.touch();
    advance(100);
    batcher.touch();
    advance(1000);
    expect(runs).toEqual([250]);
  });

  test("the batcher runs after 2 s although touches continue", () => {
    const { batcher, runs, advance } = setUp();
    for (let at = 0; at <= 2500; at += 100) {
      advance(at);
      batcher.touch();
    }
    expect(runs).toEqual([2000]);
  });

  test("a disposed batcher runs nothing", () => {
    const { batcher, runs, advance } = setUp();
    batcher.touch();
    batcher[Symbol.dispose]();
    advance(5000);
    expect(runs).toEqual([]);
  });
});
