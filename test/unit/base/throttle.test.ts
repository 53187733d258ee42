// Work that is asked for often: at once after a rest, once for a rush of asks, and never more than a tenth of the time.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Throttle } from "../../../src/base/throttle.ts";

const WORK_MS = 10;

describe("sparing work", () => {
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

  it("is done at once after a rest", () => {
    sparing.request();
    expect(done).toHaveLength(1);
  });

  it("is done once for all who ask while it rests, when it has rested nine times as long as it took", () => {
    sparing.request();
    for (let asks = 0; asks < 100; asks++) sparing.request();
    expect(done).toHaveLength(1);
    vi.advanceTimersByTime(9 * WORK_MS);
    expect(done).toHaveLength(2);
    vi.advanceTimersByTime(1000);
    expect(done).toHaveLength(2);
  });

  it("tells when everything that was asked for is done", async () => {
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

  it("is not done after the end, and nobody waits for it", async () => {
    sparing.request();
    sparing.request();
    const settled = sparing.settled();
    sparing.close();
    await settled;
    vi.advanceTimersByTime(1000);
    expect(done).toHaveLength(1);
  });
});
