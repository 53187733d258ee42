// Formats text for the terminal UI: removes control characters, fits and wraps text, formats figures.
import { stripVTControlCharacters } from "node:util";

const TAB_WIDTH = 8;
/** C0 and C1 control characters, line separators, and characters that change the direction of text. */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
const EVERY_UNPRINTABLE = new RegExp(UNPRINTABLE, "g");

/** Returns the text without escape sequences and control characters. Expands tabs, joins lines with spaces. */
function printable(text: string): string {
  if (!UNPRINTABLE.test(text)) return text;
  const lines = stripVTControlCharacters(text)
    .split(/[\n\v\f\u2028\u2029]/)
    .map(visiblePart);
  return expandTabs(lines.filter((line) => line !== "").join(" ")).replace(EVERY_UNPRINTABLE, "");
}

/** Returns the part that a terminal shows: a carriage return moves the cursor to the start of the line. */
function visiblePart(line: string): string {
  const shown = line.trimEnd();
  return shown.slice(shown.lastIndexOf("\r") + 1);
}

function expandTabs(text: string): string {
  let expanded = "";
  for (const [index, part] of text.split("\t").entries()) {
    if (index > 0) expanded += " ".repeat(TAB_WIDTH - (expanded.length % TAB_WIDTH));
    expanded += part;
  }
  return expanded;
}

/** Truncates or pads the text to a width. A truncated text ends in `…`. */
export function fitText(text: string, width: number): string {
  if (width <= 0) return "";
  const shown = printable(text);
  return shown.length > width ? `${shown.slice(0, width - 1)}…` : shown.padEnd(width);
}

/** Wraps the text into lines of at most `width` columns, at spaces if possible. */
export function wrapText(text: string, width: number): readonly string[] {
  const most = Math.max(1, width);
  const lines: string[] = [];
  let rest = printable(text);
  while (rest.length > most) {
    const blank = rest.lastIndexOf(" ", most);
    const end = blank > 0 ? blank : most;
    lines.push(rest.slice(0, end));
    rest = rest.slice(blank > 0 ? end + 1 : end);
  }
  return [...lines, rest];
}

/** Rounds to few digits: 6.12 → 6.1, 58.4 → 58, 12345 → 12k. */
export function figureText(value: number): string {
  if (value === 0) return "0";
  if (value < 10) return String(Math.round(value * 10) / 10);
  return value < 10_000 ? String(Math.round(value)) : `${Math.round(value / 1000)}k`;
}
