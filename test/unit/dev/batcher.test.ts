import { describe, expect, test } from "vitest";
import type { Clock } from "../../../src/base/clock.ts";
import { monotonicClock } from "../../../src/base/monotonic-clock.ts";
import { makeBatcher } from "../../../src/dev/batcher.ts";

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
    const contents = new Map<string, string>();
    const batches: (readonly string[])[] = [];
    const run = (paths: ReadonlySet<string>): void => {
      runs.push(time);
      batches.push([...paths]);
    };
    const batcher = makeBatcher(clock, run, (path) => contents.get(path) ?? "");
    const touch = (path: string): void => {
      contents.set(path, `written at ${time}`);
      batcher.touch(path);
    };
    const advance = (to: number): void => {
      for (;;) {
        const next = timers.filter(({ at }) => at <= to).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        timers = timers.filter((each) => each !== next);
        time = Math.max(time, next.at);
        next.run();
      }
      time = to;
    };
    /** Lets time pass without timers, as a busy event loop does. */
    const stall = (to: number): void => {
      time = to;
    };
    return { batcher, touch, contents, runs, batches, advance, stall };
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

  test("a change of one file runs after 20 ms; with a second file, 150 ms after the last change", () => {
    const { touch, runs, batches, advance } = setUp();
    touch("/a");
    advance(10);
    touch("/a");
    advance(1000);
    expect([runs, batches]).toEqual([[30], [["/a"]]]);
    touch("/a");
    advance(1010);
    touch("/b");
    advance(2000);
    expect([runs.slice(1), batches.slice(1)]).toEqual([[1160], [["/a", "/b"]]]);
  });

  test("500 files that are written one after the other are one batch, also if the event loop was busy", () => {
    const { touch, batches, advance, stall } = setUp();
    touch("/0");
    // The timer of the first file is due while reports of other files wait.
    stall(60);
    advance(60);
    for (let at = 1; at < 500; at++) {
      touch(`/${at}`);
      advance(60 + at);
    }
    advance(2000);
    expect(batches.map((paths) => paths.length)).toEqual([500]);
  });

  test("a file that is written again soon after its batch is checked, although the watcher says nothing", () => {
    const { touch, contents, runs, advance } = setUp();
    touch("/a");
    advance(25);
    contents.set("/a", "the rest");
    advance(2000);
    expect(runs).toEqual([20, 190]);
  });

  test("a late report of a change that a batch contains starts no batch", () => {
    const { batcher, touch, contents, runs, advance } = setUp();
    touch("/a");
    advance(100);
    batcher.touch("/a");
    advance(1000);
    expect(runs).toEqual([20]);
    contents.delete("/a");
    batcher.touch("/a");
    advance(1100);
    batcher.touch("/a");
    advance(2000);
    expect(runs).toEqual([20, 1020]);
  });

  test("a disposed batcher runs nothing", () => {
    const { batcher, runs, advance } = setUp();
    batcher.touch();
    batcher[Symbol.dispose]();
    advance(5000);
    expect(runs).toEqual([]);
  });

  test("a path below a file, as after a checkout that replaces a folder, is a change like any other", async () => {
    const batches: (readonly string[])[] = [];
    using batcher = makeBatcher(monotonicClock, (paths) => void batches.push([...paths]));
    const path = `${import.meta.filename}/x.js`;
    batcher.touch(path);
    await expect.poll(() => batches).toEqual([[path]]);
  });
});
