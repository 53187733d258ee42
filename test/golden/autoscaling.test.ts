import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { autoscalerDecisionsSuite } from "./autoscaler-decisions.ts";
import type { Suite } from "./case.ts";
import { scaleToZeroSuite } from "./scale-to-zero.ts";
import { windowsSuite } from "./windows.ts";

const recorded: readonly (readonly [string, Suite, number])[] = [
  ["windows.json", windowsSuite, 100],
  ["autoscaler-decisions.json", autoscalerDecisionsSuite, 200],
  ["scale-to-zero.json", scaleToZeroSuite, 500],
];

describe("recorded autoscaling", () => {
  test.each(recorded)("%s agrees in every case", async (file, suite, atLeast) => {
    const verdicts = await suite(JSON.parse(readFileSync(new URL(`data/${file}`, import.meta.url), "utf8")));
    expect(verdicts.length).toBeGreaterThan(atLeast);
    expect(verdicts.filter((verdict) => !verdict.passed)).toEqual([]);
  });
});
