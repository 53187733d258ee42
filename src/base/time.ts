// Converts between {@link Time} and the timestamps of Kubernetes (RFC 3339 in UTC with whole seconds).
import type { Time } from "./clock.ts";

const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** Formats as `2026-08-21T10:00:00Z`. Fractions of a second are cut off. */
export function timeText(time: Time): string {
  return `${new Date(Math.floor(time / 1000) * 1000).toISOString().slice(0, 19)}Z`;
}

/** Formats as `2026-08-21T10:00:00.123456Z`, the form of Kubernetes' MicroTime (Lease, Event). */
export function microTimeText(time: Time): string {
  const whole = Math.floor(time / 1000);
  const micros = Math.floor((time - whole * 1000) * 1000);
  return `${timeText(time).slice(0, 19)}.${String(micros).padStart(6, "0")}Z`;
}

/** Parses an RFC 3339 text with any offset. Returns undefined if it is not RFC 3339. */
export function parseTime(text: string): Time | undefined {
  if (!RFC_3339.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}
