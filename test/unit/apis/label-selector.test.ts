import { describe, expect, it } from "vitest";
import { formatSelector, matchesLabels, parseSelector } from "../../../src/apis/core/label-selector.ts";

const labels = { app: "web", tier: "front", "serving.knative.dev/service": "hello" };
const matches = (text: string): boolean | string => {
  const parsed = parseSelector(text);
  return parsed.ok ? matchesLabels(parsed.value, labels) : parsed.error;
};

describe("selectors", () => {
  it.each(["constructor", "toString", "hasOwnProperty"])("find no label in inherited properties: %s (11 A8)", (key) => {
    expect(matches(key)).toBe(false);
    expect(matches(`!${key}`)).toBe(true);
    expect(matchesLabels({ matchExpressions: [{ key, operator: "NotIn", values: ["x"] }] })).toBe(true);
  });

  it.each([
    ["", true],
    ["app=web", true],
    ["app==web,tier=front", true],
    ["app=db", false],
    ["app=web,app=db", false],
    ["app!=db", true],
    ["missing!=x", true],
    ["app in (db, web)", true],
    ["app notin (db)", true],
    ["app notin (web)", false],
    ["missing in (x)", false],
    ["app", true],
    ["!app", false],
    ["!missing,serving.knative.dev/service=hello", true],
    ["missing=", false],
  ])("%j matches: %j", (text, expected) => {
    expect(matches(text)).toBe(expected);
  });

  it("report the requirement that does not parse", () => {
    expect(matches("app=web,=x")).toBe('unable to parse requirement: "=x"');
  });

  it("print the text that they parse", () => {
    const text = "a=b,c in (d,e),f notin (g),h,!i";
    const parsed = parseSelector(text);
    expect(parsed.ok && formatSelector(parsed.value)).toBe(text);
  });

  it("match nothing with an unknown operator", () => {
    expect(matchesLabels({ matchExpressions: [{ key: "app", operator: "Like", values: ["w"] }] }, labels)).toBe(false);
  });
});
