// Makes the text lines of the summary panel (below the overview) and of the log, traffic, event and notice views.
import type { Event } from "../apis/core/types.ts";
import { namespacedName, parseNamespacedName } from "../apis/meta/key.ts";
import { timeOfDay } from "../base/local-time.ts";
import { type ColdStart, coldStartSteps } from "../client/live.ts";
import { type ReachablePorts, urlWithPort } from "../client/reach.ts";
import { podProblem, type Row, revisionOfRow, type ServiceRow, serviceOfRow } from "./rows.ts";
import type { Segment } from "./segments.ts";
import type { SessionModel } from "./session-model.ts";
import { shareBar } from "./sparkline.ts";
import { fitText, wrapText } from "./text.ts";

export type Line = readonly Segment[];

/** One line of a pod's log. */
export interface LogEntry {
  readonly pod: string;
  readonly service: string;
  readonly text: string;
}

const line = (word: string, text: string, width: number, colour?: Segment["colour"]): Line => [
  { text: ` ${word.padEnd(6)}`, colour: "gray" },
  { text: fitText(text, width - 7), colour },
];

/**
 * Formats a cold start as `412 ms = queue 3 · decide 1 · …`. Shortens the text if it is wider than `width`.
 */
function waterfall({ totalMs, parts }: Pick<ColdStart, "totalMs" | "parts">, width: number): string {
  const total = `${Math.round(totalMs)} ms = `;
  const all = coldStartSteps.map(([key, name]) => `${name} ${Math.round(parts[key])}`);
  const wide = total + all.join(" · ");
  return wide.length <= width ? wide : total + all.join("·").replace("first byte", "byte");
}

/**
 * Returns the Service's problem, else the problem of its pods, else the autoscaler's newest decision as a sentence. The
 * sentence begins with the revision's name if the Service routes to more than one Revision.
 */
function reasonOf(model: SessionModel, row: Row | undefined): string {
  const revision = revisionOfRow(model, row);
  if (row === undefined || revision === undefined) return "";
  if (row.kind === "service" && row.problem !== undefined) return row.problem;
  const reason = podProblem(model, revision) ?? model.live?.revisions[revision]?.sentence ?? "";
  const traffic = row.kind === "service" ? model.services.get(namespacedName(row))?.status?.traffic : undefined;
  const isSplit = new Set(traffic?.map(({ revisionName }) => revisionName)).size > 1;
  return isSplit && reason !== "" ? `${parseNamespacedName(revision).name} ${reason}` : reason;
}

/**
 * Returns exactly `height` lines: a problem or the newest scaling decision, the last cold start, the URL (if `height` >
 * 3), the session's newest Warning event (if `height` > 4), then the newest log lines. Without a selected Service, the
 * log lines are those of all Services.
 */
export function summaryLines(
  model: SessionModel,
  rows: readonly Row[],
  selected: Row | undefined,
  at: {
    readonly logs: readonly LogEntry[];
    readonly width: number;
    readonly height: number;
    readonly ports: ReachablePorts;
  },
): readonly Line[] {
  const { width, height, ports } = at;
  const service = serviceOfRow(rows, selected?.key);
  const revision = revisionOfRow(model, selected);
  const wake = model.live?.coldStarts.findLast((each) => each.revision === revision);
  const url = service && model.services.get(namespacedName(service))?.status?.url;
  const warning = model.events.findLast(({ type }) => type === "Warning");
  const lines: Line[] = [line("why", reasonOf(model, selected), width)];
  lines.push(line("wake", wake === undefined ? "" : waterfall(wake, width - 7), width));
  if (url !== undefined && height > 3) lines.push(line("url", urlWithPort(url, ports), width));
  if (warning !== undefined && height > 4) lines.push(line("warn", eventText(warning), width, "yellow"));
  const logHeight = Math.max(0, height - lines.length);
  const logs = logHeight === 0 ? [] : logsOf(at.logs, service).slice(-logHeight);
  for (let index = 0; index < logHeight; index++) {
    const entry = logs[index];
    lines.push(line(index === 0 ? "logs" : "", entry ? `${shortPod(entry.pod)} ${entry.text}` : "", width));
  }
  return lines.slice(0, height);
}

/** Returns the log lines of the Service's pods, or of all pods without a Service. */
export function logsOf(logs: readonly LogEntry[], service: ServiceRow | undefined): readonly LogEntry[] {
  return service === undefined ? logs : logs.filter((entry) => entry.service === namespacedName(service));
}

/** Shortens `hello-00003-deployment-5d8f-x7k2` to `hello-00003-x7k2`. */
export function shortPod(pod: string): string {
  return pod.replace(/-deployment-(?:\w+-)?(\w+)$/, "-$1");
}

function eventText({ reason = "", message = "", involvedObject }: Event): string {
  return `${(involvedObject.kind ?? "").toLowerCase()}/${involvedObject.name ?? ""} ${reason}: ${message}`;
}

export function logLine({ pod, text }: LogEntry, width: number): Line {
  const name = ` ${shortPod(pod)} `;
  return [{ text: name, colour: "gray" }, { text: fitText(text, width - name.length) }];
}

/**
 * Returns one line per traffic target with the desired percentage and the observed share. If a target has a URL, the
 * next line shows the URL.
 */
export function trafficLines(
  model: SessionModel,
  service: ServiceRow | undefined,
  { width, ports }: { readonly width: number; readonly ports: ReachablePorts },
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

export function eventLine(event: Event, width: number): Line {
  const time = timeOfDay(event.lastTimestamp ?? event.metadata.creationTimestamp ?? "");
  const text = fitText(` ${time} ${eventText(event)}`, width);
  return [{ text, colour: event.type === "Warning" ? "yellow" : undefined }];
}

/** Wraps each line of each notice. */
export function noticeLines(notices: readonly string[], width: number): readonly Line[] {
  return notices
    .flatMap((notice) => notice.split("\n"))
    .flatMap((text) => wrapText(text, width - 1).map((part): Line => [{ text: ` ${part}` }]));
}
