import { expect, test } from "vitest";
import { isNear } from "../../../src/base/near.ts";

test.each([
  ["up", "upp", true],
  ["build", "biuld", true],
  ["files", "fles", true],
  ["files", "filess", true],
  ["port", "pork", true],
  ["completion", "comp", true],
  ["ci", "up", false],
  ["files", "port", false],
  ["validate", "simulate", false],
  ["a", "b", false],
])("the word %s is suggested for %s: %s", (word, typed, expected) => {
  expect(isNear(word, typed)).toBe(expected);
});
