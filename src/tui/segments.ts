// Turns rows into coloured segments of text of a given width.
import type { ReadyState, Row, ServiceRow, TrafficCell } from "./rows.ts";
import { HISTORY } from "./session-model.ts";
import { shareBar, sparkline } from "./sparkline.ts";
import { figureText, fitText } from "./text.ts";

export interface Segment {
  readonly text: string;
  readonly colour?: "green" | "red" | "yellow" | "cyan" | "gray" | undefined;
  readonly bold?: boolean;
}

const SYMBOLS: Readonly<Record<ReadyState, Segment>> = {
  ready: { text: "✓", colour: "green" },
  failed: { text: "✗", colour: "red" },
  waiting: { text: "…", colour: "yellow" },
};

/** The widths of the columns of the overview. The rest is the traffic column. */
export interface Columns {
  readonly width: number;
  readonly name: number;
  readonly podName: number;
  readonly ready: number;
  readonly pods: number;
  readonly scale: number;
  readonly figure: number;
  readonly rps: number;
  readonly mode: number;
  readonly traffic: number;
}

/** The column widths in a terminal of 80 columns. */
const NARROW = { name: 17, ready: 7, pods: 6, scale: 18, figure: 7, rps: 6, mode: 8 };
const NARROW_TRAFFIC = 80 - Object.values(NARROW).reduce((sum, width) => sum + width, 0);
/** One terminal column per sample, and 3 spaces. */
const WIDEST_SCALE = HISTORY + 3;
/** The traffic column shows bars if it has at least this width. */
const LEAST_WIDTH_FOR_BARS = 24;
const INDENT: Readonly<Record<Row["kind"], number>> = { service: 1, revision: 3, pod: 5 };

/** Uses the width above 80 columns for long names first, then for the traffic column and the sparkline. */
export function columnsFor(rows: readonly Row[], width: number): Columns {
  const longest = (kinds: readonly Row["kind"][]): number =>
    Math.max(0, ...rows.flatMap(({ kind, name }) => (kinds.includes(kind) ? INDENT[kind] + name.length + 1 : [])));
  const extra = Math.max(0, width - 80);
  const name = Math.min(NARROW.name + extra, Math.max(NARROW.name, longest(["service", "revision"])));
  const left = extra - (name - NARROW.name);
  const bars = Math.min(left, LEAST_WIDTH_FOR_BARS - NARROW_TRAFFIC);
  const scale = Math.min(WIDEST_SCALE, NARROW.scale + Math.floor((left - bars) / 2));
  const used = name + scale + NARROW.ready + NARROW.pods + NARROW.figure + NARROW.rps + NARROW.mode;
  const podName = Math.min(Math.max(name, longest(["pod"])), Math.floor(width / 2));
  return { ...NARROW, width, name, podName, scale, traffic: Math.max(0, width - used) };
}

/** Returns the header line of the overview. */
export function headerSegments({ width, name, ready, pods, scale, figure, rps, mode }: Columns): readonly Segment[] {
  const words = [
    ` ${fitText("SERVICE", name - 1)}`,
    fitText("READY", ready),
    fitText("PODS", pods),
    fitText("SCALE (60 s)", scale),
    fitText("CONC", figure),
    fitText("RPS", rps),
    fitText("MODE", mode),
    "TRAFFIC",
  ];
  return [{ text: fitText(words.join(""), width), colour: "gray" }];
}

function trafficText(cell: TrafficCell | undefined, width: number): string {
  if (cell === undefined) return "";
  const plain = cell.percent === 100 ? `100% ${cell.name}` : `${cell.name} ${cell.percent}%`;
  if (plain.length > width) return `${cell.percent}%`;
  if (cell.observed === undefined || (cell.percent === 100 && cell.observed === 1)) return plain;
  const seen = String(Math.round(cell.observed * 100));
  if (width < LEAST_WIDTH_FOR_BARS) return width >= plain.length + seen.length + 1 ? `${plain} ${seen}` : plain;
  const head = `${plain} `.padEnd(12);
  return `${head}${shareBar(cell.observed, width - head.length - 5)} ${seen}`;
}

/** Returns one row in exactly `columns.width` columns. */
export function rowSegments(row: Row, columns: Columns, selected: boolean): readonly Segment[] {
  const pointer = (selected ? "▸" : " ").padEnd(INDENT[row.kind]);
  const name = (width: number): Segment => ({ text: fitText(pointer + row.name, width), bold: selected });
  const symbol = SYMBOLS[row.readiness];
  const readiness = { ...symbol, text: fitText(symbol.text, columns.ready) };
  if (row.kind === "pod") {
    const note = fitText(row.note, columns.width - columns.podName - columns.ready);
    return [name(columns.podName), readiness, { text: note, colour: noteColour(row) }];
  }
  const lead = [name(columns.name), readiness, { text: fitText(row.pods, columns.pods) }];
  return [...lead, ...(row.kind === "service" ? serviceCells(row, columns) : revisionCells(row, columns))];
}

function noteColour({ readiness }: Row): Segment["colour"] {
  return readiness === "failed" ? "red" : "gray";
}

function serviceCells(row: ServiceRow, columns: Columns): readonly Segment[] {
  const { width, name, ready, pods, scale, figure, rps, mode, traffic } = columns;
  if (row.building !== undefined)
    return [{ text: fitText(`building ${row.building}`, width - name - ready - pods), colour: "yellow" }];
  if (row.problem !== undefined) return [{ text: fitText(row.problem, width - name - ready - pods), colour: "red" }];
  const tail = row.napping ? " zzz" : "";
  return [
    { text: fitText(sparkline(row.history, scale - 3, HISTORY), scale), colour: "cyan" },
    { text: fitText(figureText(row.concurrency), figure) },
    { text: fitText(figureText(row.rps), rps) },
    modeCell(row, mode),
    { text: fitText(trafficText(row.traffic, traffic - tail.length), traffic - tail.length) },
    { text: tail, colour: "gray" },
  ];
}

function modeCell({ mode, debugged, faulty }: ServiceRow, width: number): Segment {
  if (debugged || faulty) return { text: fitText(debugged ? "debug" : "fault", width), colour: "red", bold: true };
  return { text: fitText(mode, width), colour: mode === "Proxy" ? "yellow" : undefined };
}

/** The note of a revision that is not ready can be a long error text, so it also uses the traffic column. */
function revisionCells(row: Extract<Row, { kind: "revision" }>, columns: Columns): readonly Segment[] {
  const { width, name, ready, pods, traffic } = columns;
  const noteWidth = width - name - ready - pods - (row.readiness === "ready" ? traffic : 0);
  const note = {
    text: fitText(row.note, noteWidth),
    colour: row.debugged || row.faulty ? "red" : noteColour(row),
  } as const;
  if (row.readiness !== "ready") return [note];
  return [note, { text: fitText(trafficText(row.traffic, traffic), traffic) }];
}
