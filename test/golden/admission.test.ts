import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { autoscalingValidationSuite } from "./autoscaling-validation.ts";
import type { Suite } from "./case.ts";
import { validationSuite } from "./validation.ts";

const recorded: readonly (readonly [string, Suite, number])[] = [
  ["validation.json", validationSuite, 600],
  ["autoscaling-validation.json", autoscalingValidationSuite, 500],
];

describe("recorded admission", () => {
  test.each(recorded)("%s agrees in every case", async (file, suite, atLeast) => {
    const verdicts = await suite(JSON.parse(readFileSync(new URL(`data/${file}`, import.meta.url), "utf8")));
    expect(verdicts.length).toBeGreaterThan(atLeast);
    expect(verdicts.filter((verdict) => !verdict.passed)).toEqual([]);
  });
});
