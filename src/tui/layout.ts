// Makes all lines of the screen: title, body of the chosen view, summary, keys.

import { countText } from "../base/count-text.ts";
import { timeOfDay } from "../base/local-time.ts";
import { gatewayPortsOf, type ReachablePorts } from "../client/reach.ts";
import type { AppState } from "./app-state.ts";
import { HELP, keyLine } from "./keys.ts";
import { eventLine, type Line, logLine, logsOf, noticeLines, summaryLines, trafficLines } from "./panels.ts";
import { type Row, rowsOf, serviceOfRow } from "./rows.ts";
import { scrolledRange, selectedRow, type VisibleRange, visibleRange } from "./screen.ts";
import { columnsFor, headerSegments, rowSegments } from "./segments.ts";
import { readyPods } from "./session-model.ts";
import { fitText, wrapText } from "./text.ts";

/** Facts for the title line that no API object has. */
export interface Title {
  /** `http://localhost:8080` */
  readonly ingress: string;
  readonly runtime: string;
}
export interface Frame {
  readonly width: number;
  readonly height: number;
}

function titleLine({ model, now }: AppState, title: Title, width: number): Line {
  const pods = [...model.services.keys()].reduce((sum, key) => sum + readyPods(model, key), 0);
  const https = model.live?.https === undefined ? "" : ` · https :${model.live.https.port}`;
  const left = ` knap · ${title.ingress}${https} · ${title.runtime} · ${countText(model.services.size, "service")} · ${countText(pods, "pod")}`;
  return [{ text: `${fitText(left, width - 9)} ${timeOfDay(now)}`, bold: true }];
}

/** The lines of a view. Only the visible lines are made. */
interface Body {
  readonly count: number;
  readonly visible: VisibleRange;
  readonly lines: readonly Line[];
}

function overviewBody(state: AppState, rows: readonly Row[], { width, height }: Frame): Body {
  const chosen = selectedRow(rows, state.screen.selected);
  const columns = columnsFor(rows, width);
  const at = rows.findIndex(({ key }) => key === chosen?.key);
  const visible = visibleRange(rows.length, at, height - 1);
  const shown = rows.slice(visible.from, visible.to).map((row) => rowSegments(row, columns, row.key === chosen?.key));
  const empty: Line = [
    { text: fitText(" no Service yet: apply one with `knap apply -f FILE`", width), colour: "gray" },
  ];
  return { count: rows.length, visible, lines: [headerSegments(columns), ...(rows.length === 0 ? [empty] : shown)] };
}

interface TextView {
  readonly count: number;
  readonly linesOf: (visible: VisibleRange) => readonly Line[];
  /** The text to show instead of an empty list of lines. */
  readonly placeholder: string;
}

function textView<T>(items: readonly T[], lineOf: (item: T) => Line, placeholder = ""): TextView {
  return { count: items.length, linesOf: ({ from, to }) => items.slice(from, to).map(lineOf), placeholder };
}

function textViewOf(state: AppState, rows: readonly Row[], width: number, ports: ReachablePorts): TextView {
  const service = serviceOfRow(rows, selectedRow(rows, state.screen.selected)?.key);
  const asIs = (line: Line): Line => line;
  switch (state.screen.view) {
    case "logs": {
      const entries = logsOf(state.frozenLogs ?? state.logs, service);
      return textView(entries, (entry) => logLine(entry, width), "no log lines yet");
    }
    case "traffic":
      return textView(trafficLines(state.model, service, { width, ports }), asIs);
    case "events":
      return textView(state.model.events, (event) => eventLine(event, width), "no events yet");
    case "notices":
      return textView(noticeLines(state.notices, width), asIs, "no notices");
    case "explain":
      return textView(explainLines(state, service?.key, width), asIs, "loading…");
    default:
      return textView(HELP, (text): Line => [{ text: fitText(` ${text}`, width) }]);
  }
}

function explainLines({ explained }: AppState, service: string | undefined, width: number): readonly Line[] {
  if (explained === undefined || explained.service !== service) return [];
  return explained.lines.flatMap((text) => wrapText(text, width - 1).map((part): Line => [{ text: ` ${part}` }]));
}

function textBody({ screen }: AppState, { count, linesOf, placeholder }: TextView, { width, height }: Frame): Body {
  const visible = scrolledRange(screen, count, height);
  const empty: Line = [{ text: fitText(` ${placeholder}`, width), colour: "gray" }];
  return { count, visible, lines: count === 0 ? [empty] : linesOf(visible) };
}

/** Returns the line below the body, which shows the numbers of hidden lines above and below, and of unread notices. */
function ruleLine({ count, visible }: Body, { unreadNotices }: AppState, width: number): Line {
  const notices = unreadNotices === 0 ? "" : ` n: ${countText(unreadNotices, "notice")} `;
  const above = visible.from === 0 ? "" : ` ↑ ${visible.from} more `;
  const below = visible.to >= count ? "" : ` ↓ ${count - visible.to} more `;
  const marks = [above, below].filter((mark) => mark !== "").join("─");
  const rule = "─".repeat(Math.max(0, width - notices.length - marks.length - 4));
  return [
    { text: "──", colour: "gray" },
    { text: notices, colour: "yellow" },
    { text: rule, colour: "gray" },
    { text: marks },
    { text: "──", colour: "gray" },
  ];
}

function bottomLine({ screen, now }: AppState, width: number): Line {
  if (screen.prompt !== undefined)
    return [{ text: fitText(` pods: ${screen.prompt}▏ (⏎ to confirm, esc to cancel)`, width), bold: true }];
  const { text, until } = screen.message;
  if (text !== "" && now < until) return [{ text: fitText(` ${text}`, width), colour: "cyan" }];
  return [{ text: fitText(` ${keyLine(width - 1)}`, width), colour: "gray" }];
}

/** Returns the height of the summary: at least why, wake and one log line; a third of a tall screen. */
function summaryHeight({ screen }: AppState, height: number): number {
  return screen.view === "overview" ? Math.max(3, Math.floor((height - 4) / 3)) : 0;
}

/** Returns the height of the body, which is between the title and the rule. */
function bodyHeight(state: AppState, height: number): number {
  return Math.max(1, height - 3 - summaryHeight(state, height));
}

/** Returns how many lines of the current text view do not fit on the screen. */
export function scrollLimit(state: AppState, title: Title, { width, height }: Frame): number {
  const ports = gatewayPortsOf(title.ingress, state.model.live?.https);
  const { count } = textViewOf(state, rowsOf(state.model, state.screen.open), width, ports);
  return Math.max(0, count - bodyHeight(state, height));
}

/** Returns exactly `height` lines of at most `width` columns. */
export function frameLines(state: AppState, title: Title, { width, height }: Frame): readonly Line[] {
  const rows = rowsOf(state.model, state.screen.open);
  const ports = gatewayPortsOf(title.ingress, state.model.live?.https);
  const frame = { width, height: bodyHeight(state, height) };
  const body =
    state.screen.view === "overview"
      ? overviewBody(state, rows, frame)
      : textBody(state, textViewOf(state, rows, width, ports), frame);
  const blank: Line = [{ text: "" }];
  const summary = { logs: state.logs, width, height: summaryHeight(state, height), ports };
  return [
    titleLine(state, title, width),
    ...body.lines,
    ...Array.from({ length: Math.max(0, frame.height - body.lines.length) }, () => blank),
    ruleLine(body, state, width),
    ...(summary.height === 0 ? [] : summaryLines(state.model, rows, selectedRow(rows, state.screen.selected), summary)),
    bottomLine(state, width),
  ].slice(0, height);
}
