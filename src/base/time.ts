// Kubernetes' timestamps: RFC 3339 in UTC with whole seconds, to and from {@link Time}.
import type { Time } from "./clock.ts";

const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** `2026-08-21T10:00:00Z`; fractions of a second are cut off. */
export function timeText(time: Time): string {
  return `${new Date(Math.floor(time / 1000) * 1000).toISOString().slice(0, 19)}Z`;
}

/** `2026-08-21T10:00:00.123456Z`, as Lease and Event micro times are written. */
export function microTimeText(time: Time): string {
  const whole = Math.floor(time / 1000);
  const micros = Math.floor((time - whole * 1000) * 1000);
  return `${timeText(time).slice(0, 19)}.${String(micros).padStart(6, "0")}Z`;
}

/** Reads an RFC 3339 text of any offset; undefined when it is none. */
export function parseTime(text: string): Time | undefined {
  if (!RFC_3339.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}
