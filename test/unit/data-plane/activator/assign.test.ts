import { describe, expect, it } from "vitest";
import { assign } from "../../../../src/data-plane/activator/assign.ts";

const pods = (...inFlight: number[]) => inFlight.map((count) => ({ inFlight: count }));
/** Returns these numbers in turn. */
const chances = (...values: number[]) => {
  const left = [...values];
  return () => left.shift() ?? 0;
};

describe("assign (A9, T31)", () => {
  it("chooses none without pods, whatever the concurrency", () => {
    for (const concurrency of [0, 1, 10]) expect(assign({ pods: [], concurrency, cursor: 0 }, () => 0)).toBe(-1);
  });

  describe("containerConcurrency 0: the less loaded of two random pods", () => {
    it("chooses the only pod without a random number", () => {
      const never = () => {
        throw new Error("asked random");
      };
      expect(assign({ pods: pods(7), concurrency: 0, cursor: 0 }, never)).toBe(0);
    });

    it("compares both of two pods", () => {
      expect(assign({ pods: pods(3, 2), concurrency: 0, cursor: 0 }, () => 0)).toBe(1);
      expect(assign({ pods: pods(2, 3), concurrency: 0, cursor: 0 }, () => 0.99)).toBe(0);
    });

    it("chooses randomly between equally loaded pods", () => {
      expect(assign({ pods: pods(1, 1), concurrency: 0, cursor: 0 }, () => 0.49)).toBe(0);
      expect(assign({ pods: pods(1, 1), concurrency: 0, cursor: 0 }, () => 0.5)).toBe(1);
    });

    it("never compares a pod with itself", () => {
      // The first choice is index 1. The second number would choose 1 again and moves on to 2.
      expect(assign({ pods: pods(0, 5, 4), concurrency: 0, cursor: 0 }, chances(0.4, 0.5))).toBe(2);
    });

    it("has no slots to run out of", () => {
      expect(assign({ pods: pods(5000), concurrency: 0, cursor: 0 }, () => 0)).toBe(0);
    });
  });

  describe("containerConcurrency 1 to 3: the first pod with a free slot", () => {
    it("packs onto the lowest address, whatever the cursor says", () => {
      expect(assign({ pods: pods(0, 0, 0), concurrency: 1, cursor: 2 }, () => 0)).toBe(0);
      expect(assign({ pods: pods(3, 2, 0), concurrency: 3, cursor: 0 }, () => 0)).toBe(1);
    });

    it("chooses none when all pods are full", () => {
      expect(assign({ pods: pods(2, 2), concurrency: 2, cursor: 0 }, () => 0)).toBe(-1);
    });
  });

  describe("containerConcurrency 4 and more: round robin", () => {
    it("goes on from the cursor and round the end", () => {
      expect(assign({ pods: pods(0, 0, 0), concurrency: 4, cursor: 1 }, () => 0)).toBe(1);
      expect(assign({ pods: pods(0, 0, 0), concurrency: 4, cursor: 3 }, () => 0)).toBe(0);
    });

    it("skips pods without a free slot", () => {
      expect(assign({ pods: pods(0, 4, 4), concurrency: 4, cursor: 1 }, () => 0)).toBe(0);
      expect(assign({ pods: pods(4, 4), concurrency: 4, cursor: 1 }, () => 0)).toBe(-1);
    });
  });
});
