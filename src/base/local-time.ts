// The time of day as the user's clock on the wall shows it, for eyes only: objects carry RFC 3339 in UTC.
import type { Time } from "./clock.ts";
import { parseTime } from "./time.ts";

/** `12:03:41`, of an instant or of an RFC 3339 text; empty for a text that is none. */
export function timeOfDay(time: Time | string): string {
  const instant = typeof time === "string" ? parseTime(time) : time;
  if (instant === undefined) return "";
  const at = new Date(instant);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}
