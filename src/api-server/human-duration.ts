// Formats durations as kubectl's AGE column does. Source: apimachinery's util/duration.

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

/** Below `limit`, the duration has the unit `unit`, and a remainder in the unit `part` if there is one. */
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

/** Formats a duration as `41s`, `3m12s`, `5h2m` or `12d`. */
export function humanDuration(ms: number): string {
  if (ms < -2 * SECOND) return "<invalid>";
  const span = Math.max(0, ms);
  for (const [limit, unit, sign, part, partSign] of SCALES) {
    if (span >= limit) continue;
    const remainder = part === undefined ? 0 : Math.floor((span % unit) / part);
    return `${Math.floor(span / unit)}${sign}${remainder > 0 ? `${remainder}${partSign}` : ""}`;
  }
  return "<invalid>";
}
