// Makes columns of `kubectl get` that do not depend on the kind.
import type { AnyObject } from "../apis/meta/object.ts";
import type { Time } from "../base/clock.ts";
import { parseTime } from "../base/time.ts";
import { humanDuration } from "./human-duration.ts";

type Cell = string | number | null;

export interface Column {
  readonly name: string;
  readonly type: "string" | "integer";
  /** 0: kubectl always shows it. 1: only with `-o wide`. */
  readonly priority: 0 | 1;
  cell(object: AnyObject, now: Time): Cell;
}

export function column(name: string, cell: Column["cell"], type: Column["type"] = "string"): Column {
  return { name, type, priority: 0, cell };
}

/** Returns a column that kubectl shows only with `-o wide`. */
export function wide(name: string, cell: Column["cell"]): Column {
  return { name, type: "string", priority: 1, cell };
}

/** Time since the object's creation. */
export const age: Column = column("Age", ({ metadata }, now) => since(metadata.creationTimestamp, now));

/** Time since an RFC 3339 timestamp, in kubectl's format. */
export function since(text: string | undefined, now: Time): string {
  const time = parseTime(text ?? "");
  return time === undefined ? "<unknown>" : humanDuration(now - time);
}
