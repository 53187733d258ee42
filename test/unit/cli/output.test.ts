import { describe, expect, test } from "vitest";
import { junitText } from "../../../src/cli/ci/junit.ts";
import { findingLines, githubLines } from "../../../src/cli/output/findings.ts";
import { printObjects } from "../../../src/cli/output/print-objects.ts";
import { latencyText } from "../../../src/cli/output/text.ts";

const now = Date.parse("2026-01-01T01:00:00Z");
const ksvc = {
  apiVersion: "serving.knative.dev/v1",
  kind: "Service",
  metadata: { name: "hello", namespace: "default", creationTimestamp: "2026-01-01T00:00:00Z" },
  status: {
    url: "http://hello",
    latestCreatedRevisionName: "hello-00002",
    latestReadyRevisionName: "hello-00001",
    conditions: [{ type: "Ready", status: "Unknown", reason: "Deploying" }],
  },
};
const options = { output: undefined, headers: true, namespaces: false, kinds: false, now };
const paint = { paint: (_: string, text: string) => text };

describe("objects", () => {
  test("a Service is printed with the columns of Knative's CRD, three spaces apart", () => {
    expect(printObjects([ksvc], false, options)).toBe(
      [
        "NAME    URL            LATESTCREATED   LATESTREADY   READY     REASON",
        "hello   http://hello   hello-00002     hello-00001   Unknown   Deploying",
      ].join("\n"),
    );
  });

  test("a table can have namespaces, full names, and no header", () => {
    const text = printObjects([ksvc], false, { ...options, headers: false, namespaces: true, kinds: true });
    expect(text).toMatch(/^default {3}service\.serving\.knative\.dev\/hello {3}/);
  });

  test("a table has the column DIRTY only if an object in it has synced files", () => {
    const clean = { ...ksvc, metadata: { ...ksvc.metadata, name: "other" } };
    const text = printObjects([ksvc, clean], false, { ...options, dirty: new Map([[ksvc, 2]]) });
    const [header, first, second] = text.split("\n");
    expect(header).toMatch(/ DIRTY$/);
    expect(first).toMatch(/^hello .* \+2$/);
    expect(second).not.toMatch(/\+/);
    expect(printObjects([clean], false, { ...options, dirty: new Map() })).not.toContain("DIRTY");
  });

  test("objects can be printed as names, URLs, JSONPath results and JSON", () => {
    expect(printObjects([ksvc], true, { ...options, output: "name" })).toBe("service.serving.knative.dev/hello");
    expect(printObjects([ksvc], true, { ...options, output: "url" })).toBe("http://hello");
    expect(printObjects([ksvc], true, { ...options, output: "jsonpath={.metadata.name}" })).toBe("hello");
    expect(JSON.parse(printObjects([ksvc], true, { ...options, output: "json" }))).toEqual(ksvc);
    const managed = { ...ksvc, metadata: { ...ksvc.metadata, managedFields: [] } };
    expect(JSON.parse(printObjects([managed], true, { ...options, output: "json" }))).toEqual(ksvc);
    expect(JSON.parse(printObjects([ksvc], false, { ...options, output: "json" }))).toMatchObject({
      kind: "List",
      items: [ksvc],
    });
  });

  test("a latency is printed with two or three digits and a unit", () => {
    expect([3.14, 412.4, 1240].map(latencyText)).toEqual(["3.1 ms", "412 ms", "1.24 s"]);
  });
});

describe("findings", () => {
  const finding = { severity: "error", message: "no such\nthing", file: "a.yaml", line: 2, column: 3 } as const;

  test("a finding shows only the part of a long line around its location, without control characters", () => {
    const text = `${"a".repeat(500)}WRONG\u001b[2J${"b".repeat(500)}`;
    const [shown] = findingLines(
      [{ ...finding, line: 1, column: 501 }],
      [{ path: "/a.yaml", file: "a.yaml", text }],
      paint,
    );
    const [, , line = "", caret = ""] = (shown ?? "").split("\n");
    expect(line.length).toBeLessThan(130);
    expect(line.slice(caret.indexOf("^"))).toMatch(/^WRONG�\[2Jb+…$/);
    expect(line).toMatch(/^ {2}1 \| …a+/);
  });

  test("a finding shows its line with a caret", () => {
    const sources = [{ path: "/a.yaml", file: "a.yaml", text: "one\n  two: 2\n" }];
    expect(findingLines([finding], sources, paint)[0]).toBe(
      "a.yaml:2:3: error: no such\nthing\n  2 |   two: 2\n        ^",
    );
  });

  test("a finding can be a GitHub annotation on one line", () => {
    expect(githubLines([finding])).toEqual(["::error file=a.yaml,line=2,col=3::no such%0Athing"]);
  });
});

test("a JUnit report escapes characters that XML does not allow", () => {
  const xml = junitText({
    cases: [{ name: "a<b>", seconds: 1, failure: 'x & "y"\u0007', code: "PROBE_FAILED" }],
    error: "knap: it failed\n",
    code: "NOT_READY",
  });
  expect(xml).toContain('name="a&lt;b&gt;" time="1.000"');
  expect(xml).toContain('<failure message="x &amp; &quot;y&quot;" type="PROBE_FAILED"/>');
  expect(xml).toContain("<system-err>knap: it failed\ncode NOT_READY\n</system-err>");
});
