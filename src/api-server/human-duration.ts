// Spans of time as kubectl's AGE column writes them (apimachinery's util/duration). Pure.

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

/** Up to a limit: this unit, with the rest in the next smaller one where there is one. */
const SCALES: readonly (readonly [limit: number, unit: number, sign: string, part?: number, partSign?: string])[] = [
  [2 * MINUTE, SECOND, "s"],
  [10 * MINUTE, MINUTE, "m", SECOND, "s"],
  [3 * HOUR, MINUTE, "m"],
  [8 * HOUR, HOUR, "h", MINUTE, "m"],
  [2 * DAY, HOUR, "h"],
  [8 * DAY, DAY, "d", HOUR, "h"],
  [2 * YEAR, DAY, "d"],
  [8 * YEAR, YEAR, "y", DAY, "d"],
  [Number.POSITIVE_INFINITY, YEAR, "y"],
];

/** `41s`, `3m12s`, `5h2m`, `12d`. */
export function humanDuration(ms: number): string {
  if (ms < -2 * SECOND) return "<invalid>";
  const span = Math.max(0, ms);
  for (const [limit, unit, sign, part, partSign] of SCALES) {
    if (span >= limit) continue;
    const rest = part === undefined ? 0 : Math.floor((span % unit) / part);
    return `${Math.floor(span / unit)}${sign}${rest > 0 ? `${rest}${partSign}` : ""}`;
  }
  return "<invalid>";
}
