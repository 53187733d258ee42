// Formats times of day in the user's time zone, for display.
import type { Time } from "./clock.ts";
import { parseTime } from "./time.ts";

/** Formats an instant or an RFC 3339 text as `12:03:41`. Returns "" if the text is not RFC 3339. */
export function timeOfDay(time: Time | string): string {
  const instant = typeof time === "string" ? parseTime(time) : time;
  if (instant === undefined) return "";
  const at = new Date(instant);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}
