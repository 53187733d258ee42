import { expect, test } from "vitest";
import { plotSeries } from "../../../src/simulator/plot.ts";

test("a second series is marked over the first one, at the height of its values", () => {
  const values = [0, 0, 1, 1, 1, 2, 2, 2, 2, 2];
  const marked = [1, 1, 1, 1, 1, 1, 0, 0, 2, 2];
  expect(plotSeries("pods", values, 18, 2, marked)).toEqual([
    "        pods",
    "      2 ••••••██••",
    "      0   ████████",
  ]);
});
