import { describe, expect, it } from "vitest";
import { assign } from "../../../../src/data-plane/activator/assign.ts";

const pods = (...inFlight: number[]) => inFlight.map((count) => ({ inFlight: count }));
/** Returns a function that returns these numbers in turn. */
const chances = (...values: number[]) => {
  const left = [...values];
  return () => left.shift() ?? 0;
};

describe("assign (A9, T31)", () => {
  it("no pod is chosen without pods, for any concurrency", () => {
    for (const concurrency of [0, 1, 10]) expect(assign({ pods: [], concurrency, cursor: 0 }, () => 0)).toBe(-1);
  });

  describe("containerConcurrency 0: the less loaded of two random pods", () => {
    it("the only pod is chosen without a random number", () => {
      const never = () => {
        throw new Error("asked random");
      };
      expect(assign({ pods: pods(7), concurrency: 0, cursor: 0 }, never)).toBe(0);
    });

    it("both of two pods are compared", () => {
      expect(assign({ pods: pods(3, 2), concurrency: 0, cursor: 0 }, () => 0)).toBe(1);
      expect(assign({ pods: pods(2, 3), concurrency: 0, cursor: 0 }, () => 0.99)).toBe(0);
    });

    it("the choice between equally loaded pods is random", () => {
      expect(assign({ pods: pods(1, 1), concurrency: 0, cursor: 0 }, () => 0.49)).toBe(0);
      expect(assign({ pods: pods(1, 1), concurrency: 0, cursor: 0 }, () => 0.5)).toBe(1);
    });

    it("a pod is never compared with itself", () => {
      // The first number chooses index 1. The second would choose 1 again, so index 2 is used.
      expect(assign({ pods: pods(0, 5, 4), concurrency: 0, cursor: 0 }, chances(0.4, 0.5))).toBe(2);
    });

    it("a pod without a limit always has a free slot", () => {
      expect(assign({ pods: pods(5000), concurrency: 0, cursor: 0 }, () => 0)).toBe(0);
    });
  });

  describe("containerConcurrency 1 to 3: the first pod with a free slot", () => {
    it("requests fill the pod with the lowest address, for any cursor", () => {
      expect(assign({ pods: pods(0, 0, 0), concurrency: 1, cursor: 2 }, () => 0)).toBe(0);
      expect(assign({ pods: pods(3, 2, 0), concurrency: 3, cursor: 0 }, () => 0)).toBe(1);
    });

    it("no pod is chosen when all are full", () => {
      expect(assign({ pods: pods(2, 2), concurrency: 2, cursor: 0 }, () => 0)).toBe(-1);
    });
  });

  describe("containerConcurrency 4 and more: round robin", () => {
    it("round robin continues from the cursor and wraps around", () => {
      expect(assign({ pods: pods(0, 0, 0), concurrency: 4, cursor: 1 }, () => 0)).toBe(1);
      expect(assign({ pods: pods(0, 0, 0), concurrency: 4, cursor: 3 }, () => 0)).toBe(0);
    });

    it("round robin skips pods without a free slot", () => {
      expect(assign({ pods: pods(0, 4, 4), concurrency: 4, cursor: 1 }, () => 0)).toBe(0);
      expect(assign({ pods: pods(4, 4), concurrency: 4, cursor: 1 }, () => 0)).toBe(-1);
    });
  });
});
