// Reads the durations of the library's options and verbs.
import { durationMs, parseDuration } from "../base/go/duration.ts";
import { HarnessError } from "./harness-error.ts";
import type { Duration } from "./options.ts";

/** Returns milliseconds. Throws a {@link HarnessError} for texts that are no duration, and for negative ones. */
export function millisecondsOf(duration: Duration): number {
  const parsed = typeof duration === "string" ? parseDuration(duration) : undefined;
  const ms = parsed?.ok ? durationMs(parsed.value) : duration;
  if (typeof ms === "number" && ms >= 0) return ms;
  throw new HarnessError(`"${duration}" is no duration: give milliseconds, or a text such as 90s, 1m30s or 500ms`);
}
