// Tests that the API reference of the test library is up to date.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const script = new URL("../../../scripts/reference.mjs", import.meta.url).href;
const { makeReference, REFERENCE } = (await import(script)) as { makeReference(): string; REFERENCE: string };

test("docs/testing-reference.md is what `npm run reference` makes of the docstrings", () => {
  expect(readFileSync(REFERENCE, "utf8")).toBe(makeReference());
});

test("every exported function, class and method of the reference says what it does", () => {
  const undocumented = makeReference()
    .split("\n")
    .filter((line, index, lines) => /^- `\w+\(/.test(line) && !/^ {2}\S/.test(lines[index + 1] ?? ""));
  expect(undocumented).toEqual([]);
});
