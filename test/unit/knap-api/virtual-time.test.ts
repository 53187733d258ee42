import { describe, expect, test } from "vitest";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import { VirtualTime } from "../../../src/knap-api/virtual-time.ts";

const START = 5_000;

function rig(more: { readonly settle?: () => void; readonly idle?: () => Promise<void> } = {}) {
  const clock = new VirtualClock(START);
  let version = 0;
  const time = new VirtualTime({
    clock,
    version: () => version,
    settle: more.settle ?? (() => {}),
    idle: more.idle ?? (() => Promise.resolve()),
  });
  const write = (): void => {
    version += 1;
  };
  return { clock, time, write };
}

describe("virtual time", () => {
  test("virtual time advances to the next due timer, in steps of at most a second", async () => {
    const times: number[] = [];
    const { clock, time } = rig({ settle: () => void times.push(clock.now() - START) });
    clock.at(START + 300, () => {});
    clock.at(START + 2500, () => {});
    await time.advance(3000);
    expect([...new Set(times)]).toEqual([0, 300, 1300, 2300, 2500, 3000]);
    expect(clock.now()).toBe(START + 3000);
  });

  test("virtual time waits for operations in progress before each step, then settles the planners", async () => {
    let finish = (): void => {};
    let busy: Promise<void> | undefined;
    let settled = 0;
    const { clock, time, write } = rig({
      settle: () => {
        settled += 1;
      },
      idle: () => busy ?? Promise.resolve(),
    });
    clock.at(START + 100, () => {
      write();
      busy = new Promise((resolve) => {
        finish = resolve;
      });
    });
    const over = time.advance(1000);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(clock.now()).toBe(START + 100);
    const before = settled;
    busy = undefined;
    write();
    finish();
    await over;
    expect(settled).toBeGreaterThanOrEqual(before + 2);
    expect(clock.now()).toBe(START + 1000);
  });

  test("virtual time handles concurrent requests one after the other", async () => {
    const { clock, time } = rig();
    const ends: number[] = [];
    await Promise.all([1000, 500].map((ms) => time.advance(ms).then(() => ends.push(clock.now() - START))));
    expect(ends).toEqual([1000, 1500]);
  });

  test("virtual time stops when the request is aborted and when the session ends", async () => {
    const { clock, time } = rig();
    const stop = new AbortController();
    clock.at(START + 2000, () => stop.abort());
    await time.advance(1e9, stop.signal);
    expect(clock.now()).toBe(START + 2000);
    clock.at(START + 4000, () => time.close());
    await time.advance(1e9);
    expect(clock.now()).toBe(START + 4000);
  });

  test("virtual time runs until a condition is true or cannot become true, and disposes it", async () => {
    const { clock, time } = rig();
    let left = 0;
    const until = (met: number, hopeless: number) => () => ({
      isMet: () => clock.now() >= START + met,
      isHopeless: (now: number) => now >= START + hopeless,
      [Symbol.dispose]: () => {
        left += 1;
      },
    });
    expect(await time.run(until(1500, 9000))).toBe(true);
    expect(clock.now()).toBe(START + 2000);
    expect(await time.run(until(9000, 4000))).toBe(false);
    expect(clock.now()).toBe(START + 4000);
    expect(left).toBe(2);
  });
});
