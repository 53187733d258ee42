import { describe, expect, test } from "vitest";
import { constantLoad, parseLoadShape } from "../../../src/load/load-shape.ts";
import { requestsOf, traceEndMs } from "../../../src/load/load-trace.ts";

const shapeOf = (text: string) => {
  const parsed = parseLoadShape(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
};

test("a rate lasts as long as its duration", () => {
  expect(requestsOf(constantLoad(50, 30_000))).toBe(1500);
  expect(traceEndMs(constantLoad(50, 30_000))).toBe(30_000);
});

describe("a shape", () => {
  test("has as many requests as the area below its lines", () => {
    expect(requestsOf(shapeOf("0s=10,10s=110,20s=110,25s=10"))).toBeCloseTo(600 + 1100 + 300);
  });

  test("jumps between two points at the same time", () => {
    const shape = shapeOf("0s=10,10s=10,10s=200,20s=200");
    expect(shape).toMatchObject({
      steps: [{ perSecond: 10 }, { atMs: 10_000, perSecond: 200 }, { atMs: 20_000, perSecond: 0 }],
    });
  });

  test("changes the rate evenly, second by second", () => {
    const shape = shapeOf("1s=0,3s=20");
    expect(shape).toEqual({
      kind: "rates",
      steps: [
        { atMs: 1000, perSecond: 5, durationMs: 0 },
        { atMs: 2000, perSecond: 15, durationMs: 0 },
        { atMs: 3000, perSecond: 0, durationMs: 0 },
      ],
    });
  });

  test.each([
    ["0s=5", "a shape has at least two points"],
    ["5s=5,5s=9", "a shape has at least two points"],
    ["0s=5,ten=9", '"ten=9" is not a time and a rate'],
    ["0s=5,10s=-9", '"10s=-9" is not a time and a rate'],
    ["9s=5,3s=9", "3s is before the time of the point before it"],
    ["", '"" is not a time and a rate'],
  ])("%j is refused", (text, message) => {
    expect(parseLoadShape(text)).toEqual({ ok: false, error: expect.stringContaining(message) });
  });
});
