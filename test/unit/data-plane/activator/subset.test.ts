import { describe, expect, it } from "vitest";
import { podsOf } from "../../../../src/data-plane/activator/subset.ts";

const pods = (count: number) => Array.from({ length: count }, (_, index) => index);
const shares = (podCount: number, count: number) =>
  pods(count).map((index) => podsOf(pods(podCount), { count, index }));

describe("podsOf (A13)", () => {
  it("gives all pods to an activator that does not know its place, to the only one, and when there is at most one pod", () => {
    expect(podsOf(pods(4), { count: 3, index: -1 })).toEqual([0, 1, 2, 3]);
    expect(podsOf(pods(4), { count: 1, index: 0 })).toEqual([0, 1, 2, 3]);
    expect(podsOf(pods(1), { count: 3, index: 2 })).toEqual([0]);
    expect(podsOf([], { count: 3, index: 2 })).toEqual([]);
  });

  it("lets more activators than pods share pods", () => {
    expect(shares(2, 5)).toEqual([[0], [1], [0], [1], [0]]);
  });

  it("divides the pods, and hands the last ones out one by one", () => {
    expect(shares(6, 3)).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
    expect(shares(8, 3)).toEqual([
      [0, 1, 6],
      [2, 3, 7],
      [4, 5],
    ]);
  });

  it("gives every pod to exactly one activator when there are enough", () => {
    for (const [podCount, count] of [
      [3, 3],
      [17, 5],
      [100, 7],
    ] as const) {
      expect(
        shares(podCount, count)
          .flat()
          .sort((a, b) => a - b),
      ).toEqual(pods(podCount));
    }
  });
});
