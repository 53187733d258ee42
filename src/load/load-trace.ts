// Parses a load trace from CSV text (rates over time, or single requests) and generates the arrivals of requests.

/** From `atMs` until the next step, requests arrive at this rate and take this long. */
interface RateStep {
  readonly atMs: number;
  readonly perSecond: number;
  readonly durationMs: number;
}
export interface Arrival {
  readonly atMs: number;
  readonly durationMs: number;
}
export type LoadTrace =
  | { readonly kind: "rates"; readonly steps: readonly RateStep[] }
  | { readonly kind: "arrivals"; readonly arrivals: readonly Arrival[] };

export interface TraceProblem {
  /** Line numbers start at 1. */
  readonly line: number;
  readonly message: string;
}

const DEFAULT_DURATION_MS = 100;
const TIME = /^time(_?m?s)?$/i;
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * Parses `time,rate,duration` lines, or `time,duration` lines of single requests under a header without a rate column.
 * A rate holds until the next line. Times and durations are seconds unless they have a unit (`250ms`, `5m`). `#` starts
 * a comment.
 */
export function parseLoadTrace(text: string): LoadTrace | { readonly problems: readonly TraceProblem[] } {
  const problems: TraceProblem[] = [];
  const rows: { readonly line: number; readonly cells: readonly string[] }[] = [];
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const content = raw.replace(/#.*/, "").trim();
    if (content !== "") rows.push({ line: index + 1, cells: content.split(/[,;\t]/).map((cell) => cell.trim()) });
  }
  const header =
    rows[0] && TIME.test(rows[0].cells[0] ?? "") ? rows.shift()?.cells.map((cell) => cell.toLowerCase()) : undefined;
  const hasRates = header
    ? header.some((cell) => /^(rps|rate|requests)/.test(cell))
    : rows.some(({ cells }) => cells.length > 2);
  let before = 0;
  const number = (cell: string | undefined, line: number, what: string, unit: boolean): number => {
    const value = cell === undefined ? Number.NaN : unit ? milliseconds(cell) : Number(cell);
    if (!Number.isFinite(value) || value < 0 || cell === "")
      problems.push({ line, message: `${what} "${cell ?? ""}" is not a number of at least 0` });
    return value;
  };
  const read = rows.map(({ line, cells }) => {
    const atMs = number(cells[0], line, "time", true);
    if (atMs < before) problems.push({ line, message: "the time is before that of the previous line" });
    before = atMs;
    const perSecond = hasRates ? number(cells[1], line, "rate", false) : 0;
    const duration = cells[hasRates ? 2 : 1];
    const durationMs =
      duration === undefined || duration === "" ? DEFAULT_DURATION_MS : number(duration, line, "duration", true);
    return { atMs, perSecond, durationMs };
  });
  if (read.length === 0) problems.push({ line: 1, message: "the file contains no load" });
  if (problems.length > 0) return { problems };
  if (hasRates) return { kind: "rates", steps: read };
  return { kind: "arrivals", arrivals: read.map(({ atMs, durationMs }) => ({ atMs, durationMs })) };
}

function milliseconds(text: string): number {
  const [, value = "", unit = "s"] = /^(\d*\.?\d+(?:e[+-]?\d+)?)\s*(ms|s|m|h)?$/i.exec(text) ?? [];
  return value === "" ? Number.NaN : Number(value) * (UNITS[unit.toLowerCase()] ?? Number.NaN);
}

/** Returns when the last step or request starts. */
export function traceEndMs(trace: LoadTrace): number {
  return (trace.kind === "rates" ? trace.steps : trace.arrivals).at(-1)?.atMs ?? 0;
}

/** Returns the number of requests in a trace. */
export function requestsOf(trace: LoadTrace): number {
  if (trace.kind === "arrivals") return trace.arrivals.length;
  return trace.steps.reduce((sum, step, index) => {
    const until = trace.steps[index + 1]?.atMs ?? step.atMs;
    return sum + (step.perSecond * (until - step.atMs)) / 1000;
  }, 0);
}

/** Generates single requests in order of time. Rates give random arrivals (a Poisson process). */
export function* arrivalsOf(trace: LoadTrace, random: () => number): Generator<Arrival> {
  if (trace.kind === "arrivals") {
    yield* trace.arrivals;
    return;
  }
  for (const [index, { atMs, perSecond, durationMs }] of trace.steps.entries()) {
    const until = trace.steps[index + 1]?.atMs ?? atMs;
    if (perSecond === 0) continue;
    const gap = (): number => (-Math.log(1 - random()) * 1000) / perSecond;
    for (let time = atMs + gap(); time < until; time += gap()) yield { atMs: time, durationMs };
  }
}
