// Golden suite for windows.json: bucket windows and the metric collection against recorded averages.
import { Collection, type CollectionSpec } from "../../src/control-plane/autoscaler/collection.ts";
import { Window } from "../../src/control-plane/autoscaler/window.ts";
import type { Suite, Verdict } from "./case.ts";
import { verdictOf } from "./scaling-source.ts";

type Row = readonly [string, ...(number | null)[]];
interface Case {
  readonly id: string;
  readonly name: string;
  readonly kind: "buckets" | "collector";
  readonly startMs: number;
  readonly stableWindowMs: number;
  readonly panicWindowMs: number;
  readonly algorithm?: string;
  readonly scrapeTarget?: number | boolean;
  readonly ops: readonly Row[];
}

const near = (got: number, want: number): boolean => Math.abs(got - want) <= 1e-9 * Math.max(1, Math.abs(want));
const num = (row: Row, index: number): number => row[index] as number;

function runBuckets(one: Case): string | undefined {
  const lengths = [one.stableWindowMs, one.panicWindowMs];
  const linear = lengths.map((ms) => new Window(ms));
  const weighted = lengths.map((ms) => new Window(ms));
  for (const [index, row] of one.ops.entries()) {
    const now = one.startMs + num(row, 1);
    if (row[0] === "r") for (const window of [...linear, ...weighted]) window.record(now, num(row, 2));
    if (row[0] === "z") {
      for (const pair of [linear, weighted]) {
        for (const [which, window] of pair.entries()) window.resize(num(row, 2 + which), now);
      }
    }
    if (row[0] !== "q") continue;
    const exact = linear.map((window) => window.linearAverage(now));
    const loose = weighted.map((window) => window.weightedAverage(now));
    const empty = [
      ...linear.map((window) => window.isEmpty(now)),
      ...weighted.map((window) => window.isEmpty(now)),
    ].map(Number);
    const agrees =
      exact.every((value, which) => value === row[2 + which]) &&
      loose.every((value, which) => near(value, num(row, 4 + which))) &&
      empty.every((flag, which) => flag === row[6 + (which % 2)]);
    if (!agrees) return `op ${index} ${JSON.stringify(row)}: got ${JSON.stringify([...exact, ...loose, ...empty])}`;
  }
  return undefined;
}

function runCollector(one: Case): string | undefined {
  const spec = (stableWindowMs: number, panicWindowMs: number, scraped: unknown): CollectionSpec => ({
    stableWindowMs,
    panicWindowMs,
    scraped: Boolean(scraped),
    weighted: one.algorithm === "weighted-exponential" || one.algorithm === "weightedExponential",
  });
  const agree = spec(1000, 1000, false).weighted ? near : (got: number, want: number) => got === want;
  const collection = new Collection(spec(one.stableWindowMs, one.panicWindowMs, one.scrapeTarget));
  for (const [index, row] of one.ops.entries()) {
    const now = one.startMs + num(row, 1);
    if (row[0] === "s")
      collection.record({
        podName: "pod",
        averageConcurrentRequests: num(row, 2),
        averageProxiedConcurrentRequests: num(row, 3),
        requestCount: num(row, 4),
        proxiedRequestCount: num(row, 5),
        processUptime: 0,
        time: now,
      });
    if (row[0] === "u") collection.update(spec(num(row, 2), num(row, 3), row[4]), now);
    if (row[0] !== "q") continue;
    const concurrency = collection.read("concurrency", now);
    const rps = collection.read("rps", now);
    const got = [concurrency?.stable, concurrency?.panic, rps?.stable, rps?.panic];
    const agrees = got.every((value, which) => {
      const want = row[2 + which];
      return value === undefined ? want === null : want !== null && agree(value, want as number);
    });
    if (!agrees) return `op ${index} ${JSON.stringify(row)}: got ${JSON.stringify(got)}`;
  }
  return undefined;
}

export const windowsSuite: Suite = (file) =>
  (file as { readonly cases: readonly Case[] }).cases.map((one): Verdict => {
    const why = one.kind === "buckets" ? runBuckets(one) : runCollector(one);
    return verdictOf(`${one.id} ${one.name}`, why);
  });
