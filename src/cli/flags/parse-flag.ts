// Reads the values of flags: durations and whole numbers. Each refusal is a usage error that names the flag and what is
// allowed.
import { durationMs, parseDuration } from "../../base/go/duration.ts";
import { allowedText, type FlagKind } from "../../project/session-flags.ts";
import { usageError } from "../cli-error.ts";

/** The value of a flag's text; undefined: not allowed for this kind. */
export function parseFlag(kind: FlagKind, text: string): string | number | undefined {
  switch (kind.type) {
    case "count": {
      const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
      return value >= kind.least && value <= (kind.most ?? Number.MAX_SAFE_INTEGER) ? value : undefined;
    }
    case "duration": {
      const duration = parseDuration(text);
      return duration.ok && duration.value >= 0n ? durationMs(duration.value) : undefined;
    }
    case "choice":
      return kind.choices.includes(text) ? text : undefined;
    default:
      return text;
  }
}

function parsedOrRefused(name: string, kind: FlagKind, text: string): number {
  const value = parseFlag(kind, text);
  if (value === undefined) throw usageError(`${name}: "${text}" is not allowed; expected ${allowedText(kind)}`);
  return value as number;
}

/** `10s`, `1m30s`, `500ms` → ms. */
export function durationFlag(name: string, text: string): number {
  return parsedOrRefused(`--${name}`, { type: "duration", value: "" }, text);
}

/** A whole number of at least `least`. */
export function countFlag(name: string, text: string, least: number): number {
  return parsedOrRefused(`--${name}`, { type: "count", value: "", least }, text);
}
