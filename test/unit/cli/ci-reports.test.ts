import { describe, expect, test } from "vitest";
import { type Budgets, checkBudgets } from "../../../src/cli/ci/budgets.ts";
import type { CiRecord } from "../../../src/cli/ci/ci-record.ts";
import { htmlReport } from "../../../src/cli/ci/html-report.ts";
import { junitText } from "../../../src/cli/ci/junit.ts";
import { markdownReport } from "../../../src/cli/ci/markdown-report.ts";
import type { SessionFigures } from "../../../src/cli/ci/session-recorder.ts";

const MIB = 1024 ** 2;
const percentiles = { mean: 10, p50: 8, p90: 20, p95: 30, p99: 40.5, max: 50 };
const parts = { queue: 1, decide: 2, create: 40, start: 200, port: 30, probe: 50, firstByte: 77 };

const makeFigures = (more: Partial<SessionFigures> = {}): SessionFigures => ({
  services: [
    {
      service: "default/hello",
      samples: [
        { atMs: 0, ready: 0, wanted: 1, concurrency: 1, requestsPerSecond: 1 },
        { atMs: 1000, ready: 3, wanted: 3, concurrency: 9, requestsPerSecond: 12 },
      ],
      requests: { answered: 100, failed: 2, unanswered: 1, latencyMs: percentiles },
    },
  ],
  coldStarts: [{ revision: "default/hello-00001", pod: "hello-1", totalMs: 400, fetchMs: 100, parts }],
  firstStarts: [{ pod: "default/hello-0", totalMs: 250 }],
  memory: [{ pod: "default/hello-1", memoryBytes: 100 * MIB }],
  images: [{ image: "acme/hello:1", sizeBytes: 200 * MIB }],
  warnings: [],
  logs: [],
  ...more,
});

const makeRecord = (more: Partial<CiRecord> = {}): CiRecord => ({
  apiVersion: "knap.dev/v1",
  kind: "CiReport",
  startedAt: "2026-01-01T00:00:00.000Z",
  durationMs: 4200,
  cases: [{ name: "default/hello becomes Ready", seconds: 1.5 }],
  ...makeFigures(),
  ...more,
});

describe("limits of a run", () => {
  const failureOf = (budgets: Budgets, figures = makeFigures()) => checkBudgets(figures, budgets)[0]?.failure;

  test("nothing is checked without a limit", () => {
    expect(checkBudgets(makeFigures(), {})).toEqual([]);
  });

  test.each<[Budgets, string | undefined]>([
    [{ maxColdStartMs: 300 }, undefined],
    [{ maxColdStartMs: 299 }, "a cold start of default/hello-00001 took 300 ms, more than 299ms"],
    [{ maxP99Ms: 40.5 }, undefined],
    [{ maxP99Ms: 40 }, "p99 of default/hello was 41 ms, more than 40ms"],
    [{ maxMemoryBytes: 100 * MIB }, undefined],
    [{ maxMemoryBytes: 99 * MIB }, "pod default/hello-1 used 100 MiB, more than 99 MiB"],
    [{ maxImageBytes: 200 * MIB }, undefined],
    [{ maxImageBytes: 150 * MIB }, "image acme/hello:1 has 200 MiB, more than 150 MiB"],
    [{ maxPods: 3 }, undefined],
  ])("%j gives %j", (budgets, failure) => {
    expect(failureOf(budgets)).toBe(failure);
  });

  test("a pod that did not fit exceeds the limit of pods", () => {
    const warnings = [{ about: "pod/hello-2", reason: "FailedScheduling", message: "0/1 nodes are available" }];
    expect(failureOf({ maxPods: 1 }, makeFigures({ warnings }))).toBe(
      "pod/hello-2 did not fit: 0/1 nodes are available",
    );
  });

  test.each<[Budgets, string]>([
    [{ maxColdStartMs: 500 }, "--max-cold-start 500ms: no start was measured"],
    [{ maxP99Ms: 500 }, "--max-p99 500ms: no request was measured"],
    [{ maxMemoryBytes: MIB }, "--max-memory 1 MiB: no pod was measured"],
    [{ maxImageBytes: MIB }, "--max-image-size 1 MiB: no image was measured"],
  ])("%j fails if nothing was measured", (budgets, failure) => {
    const none = { services: [], coldStarts: [], firstStarts: [], memory: [], images: [] };
    expect(failureOf(budgets, makeFigures(none))).toBe(failure);
  });
});

test("the Markdown report has the checks, the failure, requests, cold starts and the last output", () => {
  const failure = "p99 was 2 s | more\nthan 1s";
  const text = markdownReport(
    makeRecord({
      cases: [{ name: "99 % of the requests take at most 1s", seconds: 2, failure }],
      logs: [{ pod: "default/hello-1", lines: ["```", "<b>"] }],
    }),
  );
  expect(text).toContain("## knap ci: failed in 4.20 s\n");
  expect(text).toContain("| ❌ | 99 % of the requests take at most 1s | 2.00 s |\n");
  expect(text).toContain("```\n99 % of the requests take at most 1s: p99 was 2 s | more\nthan 1s\n```\n");
  expect(text).toContain("| default/hello | 100 | 8 ms | 41 ms | 2 | 3 |\n");
  expect(text).toContain("| default/hello-00001 | 400 ms | 1 ms | 2 ms | 40 ms | 200 ms | 30 ms | 50 ms | 77 ms |\n");
  expect(text).toContain("last output of default/hello-1</summary>\n\n````\n```\n<b>\n````\n");
});

describe("the HTML report", () => {
  test("is one page without scripts and without other files", () => {
    const page = htmlReport(makeRecord());
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).not.toMatch(/<script|src=|href=|url\(|@import/);
    expect(page).toContain('<span class="passed">passed</span>');
  });

  test("draws pods over time, and each cold start as one bar of seven steps", () => {
    const page = htmlReport(makeRecord());
    expect(page).toContain('aria-label="at most 3 pods and 12 requests a second in 1 s"');
    expect(page.match(/<rect class="step /g)).toHaveLength(7);
    expect(page).toContain("<title>start 200 ms</title>");
  });

  test("escapes what comes from Services", () => {
    const logs = [{ pod: "default/<i>", lines: ['<img onerror="x">'] }];
    const page = htmlReport(makeRecord({ error: "</pre><b>", logs }));
    expect(page).toContain("&lt;/pre&gt;&lt;b&gt;");
    expect(page).toContain("&lt;img onerror=&quot;x&quot;&gt;");
    expect(page).not.toMatch(/<img|<b>|<i>/);
  });
});

test("the JUnit report has the last output of pods", () => {
  const text = junitText({ cases: [], logs: [{ pod: "default/hello-1", lines: ["a < b"] }] });
  expect(text).toContain("<system-out>last output of default/hello-1:\na &lt; b\n</system-out>");
});
