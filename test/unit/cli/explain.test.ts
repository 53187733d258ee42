import { describe, expect, test } from "vitest";
import { timeOfDay } from "../../../src/base/local-time.ts";
import { explanationText } from "../../../src/cli/commands/explain.ts";

const time = "2026-01-01T10:00:00Z";
const local = timeOfDay(time);

describe("the text of an explanation", () => {
  test("the explanation of a KPA revision shows the values of both windows in the user's time zone", () => {
    const facts = { metric: "concurrency" };
    const decision = {
      time,
      source: "traffic",
      rule: "stable",
      desired: 2,
      ready: 1,
      stable: 2.7512,
      panic: 4,
      facts,
    } as const;
    expect(explanationText({ revision: "hello-00001", sentence: "stays at 2: x", decisions: [decision] })).toBe(
      [
        "hello-00001: stays at 2: x",
        "",
        "TIME       DESIRED   READY   STABLE   PANIC   WHY",
        `${local}   2         1       2.75     4       stable`,
      ].join("\n"),
    );
  });

  test("the explanation of an HPA revision shows the measured value, the target and the scale that the metric needs", () => {
    const facts = { metric: "cpu", measured: 90, target: 50, wanted: 4 };
    const decisions = [
      { time, source: "hpa", rule: "no-metric", desired: 2, ready: 0, facts: { metric: "cpu", target: 50 } },
      { time, source: "hpa", rule: "metric", desired: 4, ready: 2, facts },
    ] as const;
    expect(explanationText({ revision: "hello-00001", sentence: "x", decisions }).split("\n").slice(2)).toEqual([
      "TIME       DESIRED   READY   MEASURED   TARGET   WANTED   WHY",
      `${local}   2         0                  50                no-metric`,
      `${local}   4         2       90         50       4        metric`,
    ]);
  });
});

test("a time of day is in the user's time zone, and an invalid time is omitted", () => {
  const at = new Date(2026, 0, 2, 3, 4, 5);
  expect(timeOfDay(at.getTime())).toBe("03:04:05");
  expect(timeOfDay(at.toISOString())).toBe("03:04:05");
  expect(timeOfDay("")).toBe("");
});
