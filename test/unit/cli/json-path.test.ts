import { describe, expect, test } from "vitest";
import { parseJsonPath } from "../../../src/cli/output/json-path.ts";

const object = {
  metadata: { name: "hello", annotations: { "a.b/c": "dotted" } },
  status: {
    url: "http://x",
    conditions: [
      { type: "Ready", status: "True" },
      { type: "Other", status: "False", n: 3 },
    ],
  },
};
const run = (template: string): string => {
  const path = parseJsonPath(template);
  if (!path.ok) throw new Error(path.error);
  return path.value(object);
};

describe("jsonpath", () => {
  test.each([
    ["{.status.url}", "http://x"],
    [".status.url", "http://x"],
    ["status.url", "http://x"],
    ["{.metadata.annotations.a\\.b/c}", "dotted"],
    ["{.metadata.annotations['a.b/c']}", "dotted"],
    ["{.status.conditions[0].type}", "Ready"],
    ["{.status.conditions[-1].type}", "Other"],
    ["{.status.conditions[*].type}", "Ready Other"],
    ['{.status.conditions[?(@.type=="Ready")].status}', "True"],
    ["{.status.conditions[?(@.n>2)].type}", "Other"],
    ["{.status.conditions[?(@.n)].type}", "Other"],
    ['{range .status.conditions[*]}{.type}={.status}{"\\n"}{end}', "Ready=True\nOther=False\n"],
    ["name: {.metadata.name}!", "name: hello!"],
    ["{.none.at.all}", ""],
    ["{.metadata}", '{"name":"hello","annotations":{"a.b/c":"dotted"}}'],
  ])("the template %s prints the expected text", (template, wanted) => {
    expect(run(template)).toBe(wanted);
  });

  test.each(["{range .a[*]}x", "{end}", "{.a[}"])("the template %s is refused", (template) => {
    expect(parseJsonPath(template).ok).toBe(false);
  });
});
