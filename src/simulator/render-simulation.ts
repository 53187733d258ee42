// Renders the result of a simulation as a plot with figures, or as CSV.
import type { Percentiles } from "../load/duration-histogram.ts";
import { plotSeries } from "./plot.ts";
import type { SimulationResult } from "./simulation-result.ts";

export type SimulationFormat = "plot" | "csv";

/** Returns text that ends with a newline. `columns`: the width of the terminal. */
export function renderSimulation(result: SimulationResult, format: SimulationFormat, columns = 80): string {
  if (format === "csv") return csv(result);
  const lines = [
    `${result.service} (${result.revision}), ${clockSpan(result.durationMs)} of load and after`,
    "",
    ...plotSeries(
      "ready pods",
      result.samples.map(({ ready }) => ready),
      columns,
    ),
    "",
    ...plotSeries(
      "requests/s",
      result.samples.map(({ requestsPerSecond }) => requestsPerSecond),
      columns,
      3,
    ),
    timeAxis(result, columns),
    "",
    ...figures(result),
    ...result.notes.map((note) => `note: ${note}`),
  ];
  return `${lines.join("\n")}\n`;
}

function figures(result: SimulationResult): readonly string[] {
  const { requests, coldStarts, coldStarted, queued, timedOut, rejected } = result;
  const share = (count: number): string => (requests === 0 ? "" : ` (${trimmed((count / requests) * 100)} %)`);
  const rows: readonly (readonly [string, string])[] = [
    ["requests", `${grouped(requests)}, played as ${result.load === "flows" ? "flows" : "single requests"}`],
    [
      "cold starts",
      `${grouped(coldStarts)}; ${grouped(coldStarted)} ${coldStarted === 1 ? "request" : "requests"} met no ready pod${share(coldStarted)}`,
    ],
    ["waited", `${grouped(queued)}${share(queued)}`],
    ["not answered", `${grouped(timedOut)} timed out, ${grouped(rejected)} rejected`],
    ["latency", percentiles(result.latencyMs)],
    ["of it waiting", percentiles(result.waitingMs)],
    [
      "pods",
      `at most ${grouped(result.mostReady)} ready, ${grouped(result.podsStarted)} started, ${grouped(Math.round(result.instanceSeconds))} instance-seconds`,
    ],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`);
}

function percentiles({ mean, p50, p90, p95, p99, max }: Percentiles): string {
  const named = { mean, p50, p90, p95, p99, max };
  return Object.entries(named)
    .map(([name, ms]) => `${name} ${ms >= 10_000 ? `${trimmed(ms / 1000)} s` : `${trimmed(ms)} ms`}`)
    .join(" · ");
}

function csv({ samples }: SimulationResult): string {
  const rows = samples.map((sample) =>
    [
      sample.atMs / 1000,
      sample.ready,
      sample.wanted,
      trimmed(sample.concurrency),
      trimmed(sample.requestsPerSecond),
    ].join(","),
  );
  return `${["time,ready,wanted,concurrency,rps", ...rows].join("\n")}\n`;
}

function timeAxis({ samples, sampleMs }: SimulationResult, columns: number): string {
  const end = clockSpan(samples.length * sampleMs);
  return `${" ".repeat(8)}0${end.padStart(columns - 9)}`;
}

/** Returns for example `1:02:03` or `4:05`. */
function clockSpan(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const two = (value: number): string => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

function grouped(value: number): string {
  return value.toLocaleString("en");
}

function trimmed(value: number): string {
  return String(Math.round(value * 10) / 10);
}
