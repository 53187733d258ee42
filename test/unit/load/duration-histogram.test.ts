import { expect, test } from "vitest";
import { DurationHistogram } from "../../../src/load/duration-histogram.ts";
import { plotSeries } from "../../../src/simulator/plot.ts";

test("percentiles are exact within 1 %", () => {
  const histogram = new DurationHistogram();
  for (let ms = 1; ms <= 10_000; ms += 1) histogram.add(ms);
  for (const share of [0.01, 0.5, 0.9, 0.99]) {
    expect(Math.abs(histogram.percentile(share) - share * 10_000) / (share * 10_000)).toBeLessThan(0.01);
  }
  expect(histogram.largest).toBe(10_000);
  expect(histogram.mean).toBe(5000.5);
});

test("a weight counts as that many durations, and an empty histogram gives 0", () => {
  const histogram = new DurationHistogram();
  expect(histogram.percentile(0.5)).toBe(0);
  histogram.add(0, 99);
  histogram.add(1000, 1);
  expect(histogram.percentile(0.98)).toBe(0);
  expect(histogram.percentile(0.995)).toBeCloseTo(1000, -1);
});

test("a plot keeps peaks, and values above 0 stay visible", () => {
  const values = [...Array(500).fill(0), 100, ...Array(500).fill(0.1)];
  const lines = plotSeries("pods", values, 40, 4);
  expect(lines).toHaveLength(5);
  expect(lines[1]).toMatch(/^ {4}100 +[▇█]$/);
  expect(lines[4]).toMatch(/^ {6}0 +█▁+$/);
  expect(lines.every((line) => line.length <= 40)).toBe(true);
});
