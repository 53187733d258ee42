// Reads the words that flags take: durations, counts, ports. Every refusal is a usage error that names the flag.
import { durationMs, parseDuration } from "../../base/go/duration.ts";
import { usageError } from "../cli-error.ts";

/** `10s`, `1m30s`, `500ms` → ms. */
export function durationFlag(name: string, text: string): number {
  const duration = parseDuration(text);
  if (!duration.ok || duration.value < 0n) {
    throw usageError(`--${name}: "${text}" is no duration`, "write it like 10s, 500ms or 1m30s");
  }
  return durationMs(duration.value);
}

/** A whole number within bounds. */
export function countFlag(name: string, text: string | number, least: number, most = Number.MAX_SAFE_INTEGER): number {
  const value = typeof text === "number" ? text : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  const bounds = most === Number.MAX_SAFE_INTEGER ? `from ${least} on` : `from ${least} to ${most}`;
  throw usageError(`--${name}: "${text}" is not a whole number ${bounds}`);
}
