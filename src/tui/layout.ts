// Makes all lines of the screen: title, body of the chosen view, summary, keys.
import { timeOfDay } from "../base/local-time.ts";
import { type GatewayPorts, gatewayPortsOf } from "../client/reach.ts";
import type { AppState } from "./app-state.ts";
import { HELP, keyLine } from "./keys.ts";
import { eventLines, type Line, logLines, summaryLines, trafficLines } from "./panels.ts";
import { type Row, rowsOf, serviceOfRow } from "./rows.ts";
import { selectedRow, visibleRange } from "./screen.ts";
import { fitText, headerSegments, rowSegments, wrapText } from "./segments.ts";
import { readyPods } from "./session-model.ts";

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

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`;

function titleLine({ model, now }: AppState, title: Title, width: number): Line {
  const pods = [...model.services.keys()].reduce((sum, key) => sum + readyPods(model, key), 0);
  const https = model.live?.https === undefined ? "" : ` · https :${model.live.https.port}`;
  const left = ` knap · ${title.ingress}${https} · ${title.runtime} · ${count(model.services.size, "service")} · ${count(pods, "pod")}`;
  return [{ text: `${fitText(left, width - 9)} ${timeOfDay(now)}`, bold: true }];
}

function overviewLines(state: AppState, rows: readonly Row[], width: number, height: number): readonly Line[] {
  const chosen = selectedRow(rows, state.screen.selected);
  const at = rows.findIndex(({ key }) => key === chosen?.key);
  const { from, to } = visibleRange(rows.length, at, height - 1);
  const shown = rows.slice(from, to).map((row) => rowSegments(row, width, row.key === chosen?.key));
  const empty: Line = [
    { text: fitText(" no Service yet: apply one with `knap apply -f FILE`", width), colour: "gray" },
  ];
  return [headerSegments(width), ...(rows.length === 0 ? [empty] : shown)];
}

function bodyLines(
  state: AppState,
  rows: readonly Row[],
  { width, height, ports }: Frame & { readonly ports: GatewayPorts },
): readonly Line[] {
  const service = serviceOfRow(rows, selectedRow(rows, state.screen.selected)?.key);
  switch (state.screen.view) {
    case "overview":
      return overviewLines(state, rows, width, height);
    case "logs":
      return logLines(state.logs, service, width, height);
    case "traffic":
      return trafficLines(state.model, service, { width, ports }).slice(0, height);
    case "events":
      return eventLines(state.model, width, height);
    case "explain":
      return explainLines(state, service?.key, width).slice(0, height);
    case "help":
      return HELP.map((text): Line => [{ text: fitText(` ${text}`, width) }]).slice(0, height);
  }
}

function explainLines({ explained }: AppState, service: string | undefined, width: number): readonly Line[] {
  if (explained === undefined || explained.service !== service)
    return [[{ text: fitText(" loading…", width), colour: "gray" }]];
  return explained.lines.flatMap((text) => wrapText(text, width - 1).map((part): Line => [{ text: ` ${part}` }]));
}

function bottomLine({ screen, now }: AppState, width: number): Line {
  if (screen.prompt !== undefined)
    return [{ text: fitText(` pods: ${screen.prompt}▏ (⏎ to confirm, esc to cancel)`, width), bold: true }];
  const { text, until } = screen.message;
  if (text !== "" && now < until) return [{ text: fitText(` ${text}`, width), colour: "cyan" }];
  return [{ text: fitText(` ${keyLine(width - 1)}`, width), colour: "gray" }];
}

/** Height of the summary: at least why, wake and one log line; a third of a tall screen. */
function summaryHeight(height: number): number {
  return Math.max(3, Math.floor((height - 4) / 3));
}

/** Returns exactly `height` lines of at most `width` columns. */
export function frameLines(state: AppState, title: Title, { width, height }: Frame): readonly Line[] {
  const rows = rowsOf(state.model, state.screen.open);
  const blank: Line = [{ text: "" }];
  const rule: Line = [{ text: "─".repeat(width), colour: "gray" }];
  const summary = state.screen.view === "overview" ? summaryHeight(height) : 0;
  const bodyHeight = Math.max(1, height - 3 - summary);
  const ports = gatewayPortsOf(title.ingress, state.model.live?.https);
  const body = bodyLines(state, rows, { width, height: bodyHeight, ports });
  const chosen = selectedRow(rows, state.screen.selected);
  return [
    titleLine(state, title, width),
    ...body,
    ...Array.from({ length: Math.max(0, bodyHeight - body.length) }, () => blank),
    rule,
    ...(summary === 0
      ? []
      : summaryLines(state.model, rows, chosen, { logs: state.logs, width, height: summary, ports })),
    bottomLine(state, width),
  ].slice(0, height);
}
