// Turns rows into coloured segments of text of a given width.
import type { Mark, Row, TrafficCell } from "./rows.ts";
import { HISTORY } from "./session-model.ts";
import { shareBar, sparkline } from "./sparkline.ts";

export interface Segment {
  readonly text: string;
  readonly colour?: "green" | "red" | "yellow" | "cyan" | "gray";
  readonly bold?: boolean;
}

const MARKS: Readonly<Record<Mark, Segment>> = {
  ready: { text: "✓", colour: "green" },
  failed: { text: "✗", colour: "red" },
  waiting: { text: "…", colour: "yellow" },
};
const WIDTHS = { name: 17, mark: 7, pods: 6, scale: 18, figure: 7, rps: 6, mode: 8 };
/** Minimum width of the traffic column for bars. */
const ROOM_FOR_BARS = 24;

/** Truncates or pads the text to a width. A truncated text ends in `…`. */
export function fitText(text: string, width: number): string {
  if (width <= 0) return "";
  return text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width);
}

/** Wraps the text into lines of at most `width` columns, at spaces if possible. */
export function wrapText(text: string, width: number): readonly string[] {
  const most = Math.max(1, width);
  const lines: string[] = [];
  let rest = text;
  while (rest.length > most) {
    const blank = rest.lastIndexOf(" ", most);
    const end = blank > 0 ? blank : most;
    lines.push(rest.slice(0, end));
    rest = rest.slice(blank > 0 ? end + 1 : end);
  }
  return [...lines, rest];
}

/** Rounds to few digits: 6.12 → 6.1, 58.4 → 58, 12345 → 12k. */
export function figureText(value: number): string {
  if (value === 0) return "0";
  if (value < 10) return String(Math.round(value * 10) / 10);
  return value < 10_000 ? String(Math.round(value)) : `${Math.round(value / 1000)}k`;
}

/** Returns the header line of the overview. */
export function headerSegments(width: number): readonly Segment[] {
  const { name, mark, pods, scale, figure, rps, mode } = WIDTHS;
  const words = [
    ` ${fitText("SERVICE", name - 1)}`,
    fitText("READY", mark),
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
  if (cell.observed === undefined || (cell.percent === 100 && cell.observed === 1)) return plain;
  const seen = String(Math.round(cell.observed * 100));
  if (width < ROOM_FOR_BARS) return width >= plain.length + seen.length + 1 ? `${plain} ${seen}` : plain;
  const head = plain.padEnd(12);
  return `${head}${shareBar(cell.observed, width - head.length - 5)} ${seen}`;
}

function serviceSegments(row: Extract<Row, { kind: "service" }>, width: number, name: Segment): readonly Segment[] {
  const mark = MARKS[row.mark];
  const lead = [name, { ...mark, text: fitText(mark.text, WIDTHS.mark) }, { text: fitText(row.pods, WIDTHS.pods) }];
  const used = WIDTHS.name + WIDTHS.mark + WIDTHS.pods;
  if (row.problem !== undefined) return [...lead, { text: fitText(row.problem, width - used), colour: "red" }];
  const tail = row.napping ? " zzz" : "";
  const rest = width - used - WIDTHS.scale - WIDTHS.figure - WIDTHS.rps - WIDTHS.mode;
  return [
    ...lead,
    { text: fitText(sparkline(row.history, WIDTHS.scale - 3, HISTORY), WIDTHS.scale), colour: "cyan" },
    { text: fitText(figureText(row.concurrency), WIDTHS.figure) },
    { text: fitText(figureText(row.rps), WIDTHS.rps) },
    { text: fitText(row.mode, WIDTHS.mode), ...(row.mode === "Proxy" && { colour: "yellow" as const }) },
    { text: fitText(trafficText(row.traffic, rest - tail.length), rest - tail.length) },
    { text: tail, colour: "gray" },
  ];
}

/** Returns one row in exactly `width` columns. */
export function rowSegments(row: Row, width: number, selected: boolean): readonly Segment[] {
  const indent = row.kind === "service" ? "" : row.kind === "revision" ? "  " : "    ";
  const pointer = selected ? "▸" : " ";
  const name: Segment = { text: fitText(`${pointer}${indent}${row.name}`, WIDTHS.name), bold: selected };
  if (row.kind === "service")
    return serviceSegments(row, width, { ...name, text: fitText(`${name.text.trimEnd()}`, WIDTHS.name) });
  const mark = MARKS[row.mark];
  const note: Segment = {
    text: "",
    ...(row.mark === "failed" ? { colour: "red" as const } : { colour: "gray" as const }),
  };
  const marked = { ...mark, text: fitText(mark.text, WIDTHS.mark) };
  if (row.kind === "pod") {
    const wide: Segment = { ...name, text: fitText(`${pointer}${indent}${row.name}`, WIDTHS.name + 24) };
    return [wide, marked, { ...note, text: fitText(row.note, width - WIDTHS.name - 24 - WIDTHS.mark) }];
  }
  const used = WIDTHS.name + WIDTHS.mark + WIDTHS.pods;
  const middle = WIDTHS.scale + WIDTHS.figure + WIDTHS.rps + WIDTHS.mode;
  const room = row.mark === "failed" ? width - used : middle;
  const traffic =
    row.mark === "failed" ? "" : fitText(trafficText(row.traffic, width - used - middle), width - used - middle);
  return [
    name,
    marked,
    { text: fitText(row.pods, WIDTHS.pods) },
    { ...note, text: fitText(row.note, room) },
    { text: traffic },
  ];
}
