import { expect, test } from "vitest";
import { fitText, wrapText } from "../../../src/tui/text.ts";

test.each([
  ["a tab becomes spaces up to the next multiple of 8", "a\tb\t\tc", "a       b               c"],
  ["colours are removed", "\u001b[31mred\u001b[0m text", "red text"],
  ["a link and a window title are removed", "\u001b]8;;http://x\u0007link\u001b]8;;\u0007\u001b]0;title\u0007", "link"],
  ["a carriage return keeps only what the terminal would show", "10 %\r50 %\r100 %", "100 %"],
  ["a line break becomes a space", "first\r\nsecond\n\nthird", "first second third"],
  ["a bell, a backspace and a C1 character are removed", "a\u0007b\u0008c\u009bd", "abcd"],
  ["a character that changes the direction of text is removed", "user\u202etxt.exe", "usertxt.exe"],
  ["other text is unchanged", "GET /häuser → 200 ✓", "GET /häuser → 200 ✓"],
])("in text from outside, %s (11 D)", (_, text, shown) => {
  expect(fitText(text, 60).trimEnd()).toBe(shown);
  expect(wrapText(text, 60)).toEqual([shown]);
});
