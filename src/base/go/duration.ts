// Parses and formats Go durations (`1m30s`, `.5h`, `-2us`) as Go's package time does.
import { failed, ok, type Result } from "../result.ts";
import { quoteAscii } from "./quote.ts";

/** Nanoseconds; always within a signed 64-bit integer. */
export type Nanoseconds = bigint;

const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  "\u00b5s": 1_000n,
  "\u03bcs": 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const SECOND = 1_000_000_000n;
const LARGEST = 1n << 63n;

/** Behaves as time.ParseDuration, including its error texts. */
export function parseDuration(text: string): Result<Nanoseconds> {
  const invalid = failed(`time: invalid duration ${quoteAscii(text)}`);
  const negative = text.startsWith("-");
  let rest = text.replace(/^[+-]/, "");
  if (rest === "0") return ok(0n);
  if (rest === "") return invalid;
  let total = 0n;
  while (rest !== "") {
    const term = /^(\d*)(?:\.(\d*))?([^\d.]*)/.exec(rest);
    const [matched = "", whole = "", fraction = "", unit = ""] = term ?? [];
    const digits = whole.replace(/^0+/, "");
    if (whole + fraction === "" || digits.length > 19) return invalid;
    const amount = BigInt(digits || "0");
    if (amount > LARGEST) return invalid;
    if (unit === "") return failed(`time: missing unit in duration ${quoteAscii(text)}`);
    const size = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
    if (size === undefined) return failed(`time: unknown unit ${quoteAscii(unit)} in duration ${quoteAscii(text)}`);
    total += amount * size + partOf(fraction, size);
    if (total > LARGEST) return invalid;
    rest = rest.slice(matched.length);
  }
  if (!negative && total === LARGEST) return invalid;
  return ok(negative ? -total : total);
}

/** Returns the fraction of a unit, cut to whole nanoseconds. As in Go, digits beyond a 63-bit integer are ignored. */
function partOf(fraction: string, size: bigint): bigint {
  const digits = fraction.slice(0, 18);
  return digits === "" ? 0n : BigInt(Math.trunc(Number(BigInt(digits)) * (Number(size) / 10 ** digits.length)));
}

/** Formats as time.Duration.String: `1h0m0s`, `6.5s`, `150ms`, `0s`. */
export function formatDuration(duration: Nanoseconds): string {
  if (duration === 0n) return "0s";
  const sign = duration < 0n ? "-" : "";
  const size = duration < 0n ? -duration : duration;
  if (size < 1_000n) return `${sign}${size}ns`;
  if (size < 1_000_000n) return `${sign}${scaled(size, 3)}\u00b5s`;
  if (size < SECOND) return `${sign}${scaled(size, 6)}ms`;
  const seconds = size / SECOND;
  const hours = seconds / 3600n;
  const minutes = (seconds / 60n) % 60n;
  const left = scaled(size % (60n * SECOND), 9);
  if (hours > 0n) return `${sign}${hours}h${minutes}m${left}s`;
  return minutes > 0n ? `${sign}${minutes}m${left}s` : `${sign}${left}s`;
}

function scaled(value: bigint, places: number): string {
  const digits = String(value).padStart(places + 1, "0");
  const fraction = digits.slice(-places).replace(/0+$/, "");
  return digits.slice(0, -places) + (fraction === "" ? "" : `.${fraction}`);
}

/** Converts to milliseconds, including fractions. */
export function durationMs(duration: Nanoseconds): number {
  return Number(duration) / 1e6;
}

export function isWholeSeconds(duration: Nanoseconds): boolean {
  return duration % SECOND === 0n;
}
