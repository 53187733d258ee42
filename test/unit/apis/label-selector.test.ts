import { describe, expect, it } from "vitest";
import { formatSelector, matchesLabels } from "../../../src/apis/core/label-selector.ts";
import { parseSelector } from "../../../src/apis/core/parse-selector.ts";

const labels = { app: "web", tier: "front", size: "10", "serving.knative.dev/service": "hello" };
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
    ["size>2", true],
    ["size<2", false],
    ["app>2", false],
    ["missing<2", false],
    ["app in (web,)", true],
  ])("selector %j matches: %j", (text, expected) => {
    expect(matches(text)).toBe(expected);
  });

  it.each([
    ["app=web,=x", "found '=', expected: identifier after ','"],
    [",app", "found ',', expected: !, identifier, or 'end of string'"],
    ["app=a b", "found 'b', expected: ',' or 'end of string'"],
    ["app in b", "unable to parse requirement: found 'b' expected: '('"],
    ["app in (b", "unable to parse requirement: found '', expected: ',' or ')'"],
    [
      "app>b",
      "unable to parse requirement: values[0]: Invalid value: \"b\": for 'Gt', 'Lt' operators, the value must be an integer",
    ],
  ])("the error of selector %j says what was found and expected", (text, error) => {
    expect(matches(text)).toBe(error);
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
