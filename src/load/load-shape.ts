// Makes load traces from the values of flags: a rate, or a shape such as `0s=10,30s=200,60s=0`. Pure.
import { durationMs, parseDuration } from "../base/go/duration.ts";
import { failed, ok, type Result } from "../base/result.ts";
import type { LoadTrace } from "./load-trace.ts";

/** The steps of a slope: short enough to look smooth beside the autoscaler's windows. */
const STEP_MS = 1000;

/** Requests arrive at `perSecond` for `lastsMs`. */
export function constantLoad(perSecond: number, lastsMs: number): LoadTrace {
  return {
    kind: "rates",
    steps: [
      { atMs: 0, perSecond, durationMs: 0 },
      { atMs: lastsMs, perSecond: 0, durationMs: 0 },
    ],
  };
}

interface Point {
  readonly atMs: number;
  readonly perSecond: number;
}

/**
 * Parses `TIME=RATE,TIME=RATE,…`: Go durations since the start, and requests per second. Between two points the rate
 * changes evenly; two points at the same time make a jump. The last point ends the load. The error is a sentence.
 */
export function parseLoadShape(text: string): Result<LoadTrace> {
  const points: Point[] = [];
  for (const part of text.split(",")) {
    const [, time = "", rate = ""] = /^\s*([^=]+?)\s*=\s*(\d+(?:\.\d+)?)\s*$/.exec(part) ?? [];
    const duration = parseDuration(time);
    if (!duration.ok || duration.value < 0n)
      return failed(`"${part.trim()}" is not a time and a rate, such as 30s=200`);
    const atMs = durationMs(duration.value);
    if (atMs < (points.at(-1)?.atMs ?? 0)) return failed(`${time} is before the time of the point before it`);
    points.push({ atMs, perSecond: Number(rate) });
  }
  const last = points.at(-1);
  if (points.length < 2 || last === undefined || last.atMs === points[0]?.atMs)
    return failed("a shape has at least two points with different times, such as 0s=10,30s=200");
  const slopes = points.slice(1).flatMap((end, index) => slopeSteps(points[index] as Point, end));
  return ok({ kind: "rates", steps: [...slopes, { ...last, perSecond: 0, durationMs: 0 }] });
}

/** Each step has the rate that the slope has in its middle, so that the number of requests is that of the slope. */
function slopeSteps(start: Point, end: Point) {
  const lastsMs = end.atMs - start.atMs;
  const count = start.perSecond === end.perSecond ? Math.min(1, lastsMs) : Math.ceil(lastsMs / STEP_MS);
  return Array.from({ length: count }, (_, index) => ({
    atMs: start.atMs + (index * lastsMs) / count,
    perSecond: start.perSecond + ((end.perSecond - start.perSecond) * (index + 0.5)) / count,
    durationMs: 0,
  }));
}
