import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Throttle } from "../../../src/base/throttle.ts";

const WORK_MS = 10;

describe("a throttled function", () => {
  let done: number[];
  let sparing: Throttle;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    done = [];
    sparing = new Throttle(() => {
      vi.advanceTimersByTime(WORK_MS);
      done.push(performance.now());
    });
  });
  afterEach(() => void vi.useRealTimers());

  it("a throttled function runs at once when idle", () => {
    sparing.request();
    expect(done).toHaveLength(1);
  });

  it("a throttled function runs once for all requests of a pause that is nine times as long as its run", () => {
    sparing.request();
    for (let asks = 0; asks < 100; asks++) sparing.request();
    expect(done).toHaveLength(1);
    vi.advanceTimersByTime(9 * WORK_MS);
    expect(done).toHaveLength(2);
    vi.advanceTimersByTime(1000);
    expect(done).toHaveLength(2);
  });

  it("a throttled function settles when all requests are served", async () => {
    sparing.request();
    await sparing.settled();
    sparing.request();
    const settled = vi.fn();
    void sparing.settled().then(settled);
    await Promise.resolve();
    expect(settled).not.toHaveBeenCalled();
    vi.advanceTimersByTime(9 * WORK_MS);
    await Promise.resolve();
    expect(settled).toHaveBeenCalledOnce();
  });

  it("a throttled function does not run after close, and close settles all waiters", async () => {
    sparing.request();
    sparing.request();
    const settled = sparing.settled();
    sparing.close();
    await settled;
    vi.advanceTimersByTime(1000);
    expect(done).toHaveLength(1);
  });
});
