import { describe, expect, it } from "vitest";
import { formatSelector, matchesLabels, parseSelector } from "../../../src/apis/core/label-selector.ts";

const labels = { app: "web", tier: "front", "serving.knative.dev/service": "hello" };
const matches = (text: string): boolean | string => {
  const parsed = parseSelector(text);
  return parsed.ok ? matchesLabels(parsed.value, labels) : parsed.error;
};

describe("selectors", () => {
  it.each(["constructor", "toString", "hasOwnProperty"])(
    "a selector finds no label in inherited properties: %s (11 A8)",
    (key) => {
      expect(matches(key)).toBe(false);
      expect(matches(`!${key}`)).toBe(true);
      expect(matchesLabels({ matchExpressions: [{ key, operator: "NotIn", values: ["x"] }] })).toBe(true);
    },
  );

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
  ])("selector %j matches: %j", (text, expected) => {
    expect(matches(text)).toBe(expected);
  });

  it("the error of a selector names the requirement that does not parse", () => {
    expect(matches("app=web,=x")).toBe('unable to parse requirement: "=x"');
  });

  it("a parsed selector prints the same text", () => {
    const text = "a=b,c in (d,e),f notin (g),h,!i";
    const parsed = parseSelector(text);
    expect(parsed.ok && formatSelector(parsed.value)).toBe(text);
  });

  it("a selector with an unknown operator matches nothing", () => {
    expect(matchesLabels({ matchExpressions: [{ key: "app", operator: "Like", values: ["w"] }] }, labels)).toBe(false);
  });
});
