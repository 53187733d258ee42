// Events as lines: kubectl's LAST SEEN, TYPE, REASON, OBJECT, MESSAGE. Pure.

import { humanDuration } from "../../api-server/human-duration.ts";
import type { Event } from "../../apis/core/types.ts";
import { parseTime } from "../../base/time.ts";

export const eventHeaders = ["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"];

/** When an event was last seen; its birth where it does not say. */
export function eventTime(event: Event): number {
  return parseTime(event.lastTimestamp ?? event.firstTimestamp ?? event.metadata.creationTimestamp ?? "") ?? 0;
}

export function eventRow(event: Event, now: number): readonly string[] {
  const seen = humanDuration(now - eventTime(event));
  const first = parseTime(event.firstTimestamp ?? "");
  const times =
    (event.count ?? 1) > 1 && first !== undefined
      ? `${seen} (x${event.count} over ${humanDuration(now - first)})`
      : seen;
  const { kind = "", name = "" } = event.involvedObject;
  return [
    times,
    event.type ?? "Normal",
    event.reason ?? "",
    `${kind.toLowerCase()}/${name}`,
    (event.message ?? "").trim(),
  ];
}
