// Builds the text lines of the summary panel (below the overview) and of the log, traffic and event views.
import type { Event } from "../apis/core/types.ts";
import { namespacedName } from "../apis/meta/key.ts";
import { timeOfDay } from "../base/local-time.ts";
import { type ColdStart, coldStartSteps } from "../client/live.ts";
import { type GatewayPorts, urlWithPort } from "../client/reach.ts";
import { type Row, type ServiceRow, serviceOfRow } from "./rows.ts";
import { fitText, type Segment } from "./segments.ts";
import type { SessionModel } from "./session-model.ts";
import { shareBar } from "./sparkline.ts";

export type Line = readonly Segment[];

/** One line of a pod's log. */
export interface LogEntry {
  readonly pod: string;
  readonly service: string;
  readonly text: string;
}

const label = (word: string): Segment => ({ text: ` ${word.padEnd(6)}`, colour: "gray" });
const line = (word: string, text: string, width: number, colour?: Segment["colour"]): Line => [
  label(word),
  { text: fitText(text, width - 7), ...(colour && { colour }) },
];

/**
 * Formats a cold start as `412 ms = queue 3 · decide 1 · …`. If it is wider than `width`, drops the spaces around `·`
 * and shortens `first byte`.
 */
function waterfall({ totalMs, parts }: Pick<ColdStart, "totalMs" | "parts">, width: number): string {
  const total = `${Math.round(totalMs)} ms = `;
  const all = coldStartSteps.map(([key, name]) => `${name} ${Math.round(parts[key])}`);
  const wide = total + all.join(" · ");
  return wide.length <= width ? wide : total + all.join("·").replace("first byte", "byte");
}

/** The revision that the summary describes: the selected one, else the Service's latest ready one. */
function shownRevision(model: SessionModel, row: Row | undefined, service: ServiceRow | undefined): string | undefined {
  if (row?.kind === "revision") return row.key.slice("revision ".length);
  if (service === undefined) return undefined;
  const latest = model.services.get(namespacedName(service))?.status?.latestReadyRevisionName;
  return latest && namespacedName({ namespace: service.namespace, name: latest });
}

/**
 * Returns exactly `height` lines: why, the last cold start, the URL (if `height` > 3), the session's newest Warning
 * event (if `height` > 4), then the newest log lines. Without a selected Service: the log lines of all Services.
 */
export function summaryLines(
  model: SessionModel,
  rows: readonly Row[],
  selected: Row | undefined,
  at: {
    readonly logs: readonly LogEntry[];
    readonly width: number;
    readonly height: number;
    readonly ports: GatewayPorts;
  },
): readonly Line[] {
  const { width, height, ports } = at;
  const service = serviceOfRow(rows, selected?.key);
  const revision = shownRevision(model, selected, service);
  const sentence = revision === undefined ? "" : (model.live?.revisions[revision]?.sentence ?? "");
  const wake = model.live?.coldStarts.findLast((each) => each.revision === revision);
  const url = service && model.services.get(namespacedName(service))?.status?.url;
  const warning = model.events.findLast(({ type }) => type === "Warning");
  const lines: Line[] = [line("why", service?.problem ?? sentence, width)];
  lines.push(line("wake", wake === undefined ? "" : waterfall(wake, width - 7), width));
  if (url !== undefined && height > 3) lines.push(line("url", urlWithPort(url, ports), width));
  if (warning !== undefined && height > 4) lines.push(line("warn", eventText(warning), width, "yellow"));
  const logs = at.logs.filter((entry) => service === undefined || entry.service === namespacedName(service));
  const room = Math.max(0, height - lines.length);
  const shown = logs.slice(-room);
  shown.forEach((entry, index) => {
    lines.push(line(index === 0 ? "logs" : "", `${shortPod(entry.pod)} ${entry.text}`, width));
  });
  while (lines.length < height) lines.push(line(lines.length === height - room ? "logs" : "", "", width));
  return lines.slice(0, height);
}

/** Shortens `hello-00003-deployment-5d8f-x7k2` to `hello-00003-x7k2`. */
export function shortPod(pod: string): string {
  return pod.replace(/-deployment-(?:\w+-)?(\w+)$/, "-$1");
}

function eventText({ reason = "", message = "", involvedObject }: Event): string {
  return `${(involvedObject.kind ?? "").toLowerCase()}/${involvedObject.name ?? ""} ${reason}: ${message}`;
}

/**
 * Returns at most `height` of the newest log lines of the Service's pods, or of all pods without a Service; a
 * placeholder line if there are none.
 */
export function logLines(
  logs: readonly LogEntry[],
  service: ServiceRow | undefined,
  width: number,
  height: number,
): readonly Line[] {
  const own = logs.filter((entry) => service === undefined || entry.service === namespacedName(service));
  if (own.length === 0) return [[{ text: fitText(" no log lines yet", width), colour: "gray" }]];
  return own.slice(-height).map((entry) => {
    const pod = ` ${shortPod(entry.pod)} `;
    return [{ text: pod, colour: "gray" }, { text: fitText(entry.text, width - pod.length) }];
  });
}

/**
 * Returns one line per traffic target (desired percentage and observed share), followed by a line with its URL if it
 * has one.
 */
export function trafficLines(
  model: SessionModel,
  service: ServiceRow | undefined,
  { width, ports }: { readonly width: number; readonly ports: GatewayPorts },
): readonly Line[] {
  if (service === undefined) return [];
  const key = namespacedName(service);
  const observed = model.live?.services[key]?.observed ?? {};
  const total = Object.values(observed).reduce((sum, count) => sum + count, 0);
  const targets = model.services.get(key)?.status?.traffic ?? [];
  const bar = Math.max(4, width - 60);
  return targets.flatMap(({ revisionName = "", percent = 0, tag, url = "" }) => {
    const share = total === 0 ? 0 : (observed[revisionName] ?? 0) / total;
    const seen = total === 0 ? "no requests" : `${Math.round(share * 100)}% observed`;
    const name = fitText(` ${revisionName}${tag === undefined ? "" : ` (${tag})`}`, 32);
    const text = `${name} ${String(percent).padStart(3)}%  ${shareBar(share, bar)} ${seen}`;
    const reached: readonly Line[] =
      url === "" ? [] : [[{ text: fitText(`   ${urlWithPort(url, ports)}`, width), colour: "gray" }]];
    return [[{ text: fitText(text, width) }], ...reached];
  });
}

/** Returns the newest events, newest last. */
export function eventLines(model: SessionModel, width: number, height: number): readonly Line[] {
  if (model.events.length === 0) return [[{ text: fitText(" no events yet", width), colour: "gray" }]];
  return model.events.slice(-height).map((event) => {
    const time = timeOfDay(event.lastTimestamp ?? event.metadata.creationTimestamp ?? "");
    const text = fitText(` ${time} ${eventText(event)}`, width);
    return [{ text, ...(event.type === "Warning" && { colour: "yellow" as const }) }];
  });
}
