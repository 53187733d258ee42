// Defines the report of `knap load`, and formats it as text.
import type { Percentiles } from "../../load/duration-histogram.ts";
import type { OpenLoop } from "../../load/open-loop.ts";
import type { ScaleSample } from "../../load/scale-sample.ts";
import { plotSeries } from "../../simulator/plot.ts";
import type { SimulationResult } from "../../simulator/simulation-result.ts";
import { ANSWER_VERSION } from "../output/answers.ts";
import { latencyText, tableText } from "../output/text.ts";

export interface LoadReport {
  readonly apiVersion: typeof ANSWER_VERSION;
  readonly kind: "LoadReport";
  /** `namespace/name` */
  readonly service: string;
  readonly durationMs: number;
  readonly sent: number;
  readonly answered: number;
  /** Due while too many were without an answer. */
  readonly notSent: number;
  /** Status code → number of answers. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Error code → number of requests without an answer. */
  readonly errors: Readonly<Record<string, number>>;
  /** Without an answer, or with a status from 500. */
  readonly failed: number;
  /** Since the time at which each request was due. */
  readonly latencyMs: Percentiles;
  /** Since each request was sent. */
  readonly serviceMs: Percentiles;
  /** How late the latest request was sent. */
  readonly mostLateMs: number;
  readonly mostReady: number;
  readonly samples: readonly ScaleSample[];
  /** The same load in `knap simulate`; absent without --simulate. */
  readonly simulated?: SimulationResult | undefined;
}

export function makeLoadReport(
  service: string,
  durationMs: number,
  loop: OpenLoop,
  samples: readonly ScaleSample[],
): LoadReport {
  const { statuses, errors, sent, answered, notSent } = loop;
  const sumOf = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
  const refused = sumOf([...statuses].flatMap(([status, count]) => (status >= 500 ? [count] : [])));
  return {
    apiVersion: ANSWER_VERSION,
    kind: "LoadReport",
    service,
    durationMs: Math.round(durationMs),
    sent,
    answered,
    notSent,
    statuses: Object.fromEntries(statuses),
    errors: Object.fromEntries(errors),
    failed: refused + sumOf([...errors.values()]),
    latencyMs: loop.latency.percentiles(),
    serviceMs: loop.service.percentiles(),
    mostLateMs: Math.round(loop.mostLateMs * 10) / 10,
    mostReady: Math.max(0, ...samples.map(({ ready }) => ready)),
    samples,
  };
}

/** More than this and the latencies tell about this process rather than about the Service. */
const LATE_MS = 50;

/** `columns`: the width of the terminal. */
export function loadReportText(report: LoadReport, columns: number): string {
  const { simulated, samples } = report;
  const seconds = Math.round(report.durationMs / 1000);
  const ready = samples.map((sample) => sample.ready);
  const simulatedReady = simulated?.samples.slice(0, samples.length).map((sample) => sample.ready);
  const lines = [
    ...plotSeries(simulated ? "ready pods; • simulated" : "ready pods", ready, columns, 8, simulatedReady),
    "",
    ...plotSeries(
      "requests/s",
      samples.map((sample) => sample.requestsPerSecond),
      columns,
      3,
    ),
    `${" ".repeat(8)}0${`${seconds} s`.padStart(Math.max(0, columns - 9))}`,
    "",
    `${report.sent} requests, ${report.answered} answered (${countsText(report.statuses)})${problemsText(report)}`,
    `at most ${report.mostReady} ready pods${simulated ? `, simulated ${simulated.mostReady}` : ""}`,
    "",
    tableText({
      headers: ["", "mean", "p50", "p90", "p95", "p99", "max"],
      rows: [
        latencyRow("latency", report.latencyMs),
        latencyRow("since sent", report.serviceMs),
        ...(simulated ? [latencyRow("simulated", simulated.latencyMs)] : []),
      ],
    }),
  ];
  if (report.mostLateMs > LATE_MS)
    lines.push(`note: the latest request was sent ${latencyText(report.mostLateMs)} late: this machine was busy`);
  return lines.join("\n");
}

const latencyRow = (name: string, { mean, p50, p90, p95, p99, max }: Percentiles): readonly string[] => [
  name,
  ...[mean, p50, p90, p95, p99, max].map(latencyText),
];

function countsText(counts: Readonly<Record<string, number>>): string {
  const parts = Object.entries(counts).map(([name, count]) => `${name}: ${count}`);
  return parts.length > 0 ? parts.join(", ") : "none";
}

function problemsText({ errors, notSent }: LoadReport): string {
  const failed = Object.keys(errors).length > 0 ? `, failed ${countsText(errors)}` : "";
  return notSent > 0 ? `${failed}, ${notSent} not sent, because too many were without an answer` : failed;
}
