// One column of `kubectl get`, and the makers of columns. It knows no kind.
import type { AnyObject } from "../apis/meta/object.ts";
import type { Time } from "../base/clock.ts";
import { parseTime } from "../base/time.ts";
import { humanDuration } from "./human-duration.ts";

export type Cell = string | number | null;

export interface Column {
  readonly name: string;
  readonly type: "string" | "integer";
  /** 0: always shown. 1: only with `-o wide`. */
  readonly priority: 0 | 1;
  cell(object: AnyObject, now: Time): Cell;
}

/** A column that is always shown. */
export function column(name: string, cell: Column["cell"], type: Column["type"] = "string"): Column {
  return { name, type, priority: 0, cell };
}

/** A column that only `-o wide` shows. */
export function wide(name: string, cell: Column["cell"]): Column {
  return { name, type: "string", priority: 1, cell };
}

/** The time since the object was made. */
export const age: Column = column("Age", ({ metadata }, now) => since(metadata.creationTimestamp, now));

/** The time since an instant, in kubectl's words. */
export function since(text: string | undefined, now: Time): string {
  const time = parseTime(text ?? "");
  return time === undefined ? "<unknown>" : humanDuration(now - time);
}
