import { beforeEach, describe, expect, it } from "vitest";
import type { Backend } from "../../../../src/data-plane/activator/backend.ts";
import { type Slot, Throttler, type WaitResult } from "../../../../src/data-plane/activator/throttler.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

const backend = (pod: string, address = `10.0.0.1:${pod}`): Backend => ({
  pod,
  address,
  handle: () => Promise.resolve(),
  ready: true,
});
const podOf = (admission: WaitResult | undefined): string | undefined =>
  typeof admission === "object" ? admission.backend.pod : admission;

describe("Throttler", () => {
  let clock: ManualClock;
  const make = (concurrency: number, waitLimitMs = 300_000) =>
    new Throttler({ concurrency, waitLimitMs, clock, random: () => 0 });
  beforeEach(() => {
    clock = new ManualClock(1000);
  });

  it("requests wait while there are no pods, and are admitted in order of arrival (A12, A15)", () => {
    const throttler = make(1);
    expect(throttler.tryAcquire()).toBeUndefined();
    const served: string[] = [];
    for (const name of ["a", "b", "c"]) throttler.wait((admission) => served.push(`${name}:${podOf(admission)}`));
    throttler.setBackends([backend("2"), backend("1")]);
    expect(served).toEqual(["a:1", "b:2"]);
    expect(throttler.waiting).toBe(1);
    expect(throttler.inFlight).toBe(2);
  });

  it("another wait limit holds for the requests that come after it", async () => {
    const throttler = make(1, 1000);
    const ended: string[] = [];
    throttler.wait((admission) => ended.push(`first: ${admission}`));
    throttler.setWaitLimit(10_000);
    throttler.wait((admission) => ended.push(`second: ${admission}`));
    await clock.advance(9_999);
    expect(ended).toEqual(["first: timeout"]);
    throttler.setWaitLimit(500);
    throttler.wait((admission) => ended.push(`third: ${admission}`));
    await clock.advance(1);
    expect(ended).toEqual(["first: timeout", "second: timeout"]);
    await clock.advance(499);
    expect(ended.at(-1)).toBe("third: timeout");
  });

  it("requests that waited under a longer limit come before new ones, and end by the shorter limit", async () => {
    const throttler = make(1, 7 * 86_400_000);
    const ended: string[] = [];
    for (const name of ["a", "b"]) throttler.wait((admission) => ended.push(`${name}:${podOf(admission)}`));
    throttler.setWaitLimit(500);
    await clock.advance(1);
    throttler.wait((admission) => ended.push(`c:${podOf(admission)}`));
    throttler.setBackends([backend("1")]);
    expect(ended).toEqual(["a:1"]);
    await clock.advance(499);
    expect(ended).toEqual(["a:1", "b:timeout"]);
    await clock.advance(1);
    expect(ended).toEqual(["a:1", "b:timeout", "c:timeout"]);
  });

  it("waiting requests are served before new ones", () => {
    const throttler = make(1);
    throttler.setBackends([backend("1")]);
    const first = throttler.tryAcquire() as Slot;
    const served: string[] = [];
    throttler.wait(() => served.push("waiting"));
    expect(throttler.tryAcquire()).toBeUndefined();
    throttler.release(first);
    expect(served).toEqual(["waiting"]);
    expect(throttler.tryAcquire()).toBeUndefined();
  });

  it("any number of requests is admitted when concurrency is unlimited and there is a pod (A9, A10)", () => {
    const throttler = make(0);
    throttler.setBackends([backend("1")]);
    for (let i = 0; i < 5000; i += 1) expect(throttler.tryAcquire()).toBeDefined();
    expect(throttler.capacity).toBe(Number.POSITIVE_INFINITY);
    throttler.setBackends([]);
    expect(throttler.capacity).toBe(0);
    expect(throttler.tryAcquire()).toBeUndefined();
  });

  it("updates of the pods keep the count of running requests (A15)", () => {
    const throttler = make(2);
    throttler.setBackends([backend("1")]);
    throttler.tryAcquire();
    throttler.setBackends([backend("1"), backend("2")]);
    expect([1, 2, 3].map(() => podOf(throttler.tryAcquire()))).toEqual(["1", "2", "2"]);
    expect(throttler.tryAcquire()).toBeUndefined();
  });

  it("requests on a removed pod use capacity until they end (A12, A15)", () => {
    const throttler = make(1);
    throttler.setBackends([backend("1")]);
    const old = throttler.tryAcquire() as Slot;
    throttler.setBackends([backend("2")]);
    expect(throttler.tryAcquire()).toBeUndefined();
    throttler.release(old);
    expect(podOf(throttler.tryAcquire())).toBe("2");
  });

  it("pods are used in round robin from a concurrency of 4, and filled in order below (A9, T31)", () => {
    const round = make(4);
    round.setBackends([backend("1"), backend("2"), backend("3")]);
    expect([1, 2, 3, 4].map(() => podOf(round.tryAcquire()))).toEqual(["1", "2", "3", "1"]);
    const packed = make(3);
    packed.setBackends([backend("x", "10.0.0.9:8012"), backend("y", "10.0.0.10:8012")]);
    expect([1, 2, 3, 4].map(() => podOf(packed.tryAcquire()))).toEqual(["y", "y", "y", "x"]);
  });

  it("a wait ends at its time limit and not earlier (A17, T38)", async () => {
    const throttler = make(1, 5000);
    const ended: unknown[] = [];
    throttler.wait((admission) => ended.push([clock.now(), admission]));
    await clock.advance(2000);
    throttler.wait((admission) => ended.push([clock.now(), admission]));
    await clock.advance(2999);
    expect(ended).toEqual([]);
    await clock.advance(10_000);
    expect(ended).toEqual([
      [6000, "timeout"],
      [8000, "timeout"],
    ]);
    expect(clock.pending).toBe(0);
  });

  it("the whole queue uses one timer", async () => {
    const throttler = make(1, 5000);
    for (let i = 0; i < 100; i += 1) throttler.wait(() => {});
    expect(clock.pending).toBe(1);
  });

  it("a waiter that left is skipped (T39)", () => {
    const throttler = make(1);
    const served: string[] = [];
    throttler.wait(() => served.push("a"));
    const leave = throttler.wait(() => served.push("b"));
    throttler.wait(() => served.push("c"));
    leave();
    leave();
    expect(throttler.waiting).toBe(2);
    throttler.setBackends([backend("1"), backend("2"), backend("3")]);
    expect(served).toEqual(["a", "c"]);
    expect(throttler.inFlight).toBe(2);
  });

  it("a deleted revision ends all waits, and later ones at once (A6)", () => {
    const throttler = make(1);
    const ended: unknown[] = [];
    throttler.wait((admission) => ended.push(admission));
    throttler.close();
    throttler.wait((admission) => ended.push(admission));
    expect(ended).toEqual(["gone", "gone"]);
    expect(clock.pending).toBe(0);
  });

  it("20,000 requests can wait and leave in any order (A10, T3)", () => {
    const throttler = make(10);
    const served: number[] = [];
    const leave = Array.from({ length: 20_000 }, (_, index) => throttler.wait(() => served.push(index)));
    expect(throttler.waiting).toBe(20_000);
    for (let i = 1; i < 20_000; i += 2) leave[i]?.();
    expect(throttler.waiting).toBe(10_000);
    throttler.setBackends([backend("1"), backend("2")]);
    expect(served).toEqual(Array.from({ length: 20 }, (_, index) => index * 2));
  });

  it("thousands of requests are served in small batches in order, and new requests after them", async () => {
    const throttler = make(0);
    const served: number[] = [];
    for (let i = 0; i < 1000; i += 1) throttler.wait(() => served.push(i));
    throttler.setBackends([backend("1")]);
    expect(served.length).toBeGreaterThan(0);
    expect(served.length).toBeLessThan(200);
    expect(throttler.tryAcquire()).toBeUndefined();
    throttler.wait(() => served.push(1000));
    await clock.advance(0);
    expect(served).toEqual(Array.from({ length: 1001 }, (_, index) => index));
    expect(throttler.tryAcquire()).toBeDefined();
    expect(clock.pending).toBeLessThanOrEqual(1);
  });
});
