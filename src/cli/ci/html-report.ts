// Renders the record of a run of `knap ci` as one HTML file without scripts and without other files. Pure.
import { bytesText } from "../../base/bytes-text.ts";
import { latencyText } from "../output/text.ts";
import { coldStartChart, escapeHtml, scaleChart } from "./charts.ts";
import { type CiRecord, failuresOf, type ServiceRecord } from "./ci-record.ts";

/** The colours of the steps differ in brightness too, for readers who do not see colours. */
const STYLE = `
:root { color-scheme: light dark; --line: #8888; --ready: #4a90d9; --wanted: #1c4f8a; --requests: #c7681c; --bad: #c0392b; --good: #2e8b57; }
@media (prefers-color-scheme: dark) { :root { --ready: #3b6fa8; --wanted: #a9cdf5; --requests: #f0a35e; --bad: #ff8a7a; --good: #7fd3a3; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 .failed, td.failed { color: var(--bad); } h1 .passed, td.passed { color: var(--good); }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td.number, th.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
pre { overflow-x: auto; padding: .75rem; border: 1px solid var(--line); border-radius: 4px; font-size: 13px; }
svg { width: 100%; height: auto; } svg text { font: 11px system-ui, sans-serif; fill: currentColor; }
.ready { fill: var(--ready); opacity: .55; } .wanted { fill: none; stroke: var(--wanted); stroke-width: 1.5; }
.requests { fill: none; stroke: var(--requests); stroke-width: 1; } .axis { stroke: var(--line); }
.key::before { content: ""; display: inline-block; width: .8em; height: .8em; margin-right: .3em; background: var(--colour); } .key { margin-right: 1em; }
.step { fill: var(--colour); } .queue { --colour: #888; } .decide { --colour: #bbb; } .create { --colour: #1c4f8a; } .start { --colour: #4a90d9; }
.port { --colour: #a9cdf5; } .probe { --colour: #c7681c; } .firstByte { --colour: #f0c39a; }
`;

type Cell = string | number;

function table(headers: readonly string[], rows: readonly (readonly Cell[])[]): string {
  if (rows.length === 0) return "";
  const cell = (tag: "td" | "th") => (value: Cell) => {
    const isFigure = typeof value === "number" || /^[\d.]+ (ms|s|B|KiB|MiB|GiB)$/.test(value);
    const mark = { passed: "passed", failed: "failed" }[value] ?? (isFigure ? "number" : "");
    return `<${tag}${mark && ` class="${mark}"`}>${escapeHtml(String(value))}</${tag}>`;
  };
  const head = `<tr>${headers.map(cell("th")).join("")}</tr>`;
  return `<table>${head}\n${rows.map((cells) => `<tr>${cells.map(cell("td")).join("")}</tr>`).join("\n")}</table>`;
}

const section = (title: string, body: string): string => (body === "" ? "" : `<h2>${escapeHtml(title)}</h2>\n${body}`);
const pre = (text: string): string => `<pre>${escapeHtml(text)}</pre>`;

function serviceSection({ service, samples, requests }: ServiceRecord): string {
  const figures = requests
    ? `${requests.answered} requests, p50 ${latencyText(requests.latencyMs.p50)}, p99 ${latencyText(requests.latencyMs.p99)}, ${requests.failed} with a status from 500, ${requests.unanswered} without an answer`
    : "no requests";
  return section(
    service,
    `<p>${figures}. Area: ready pods; bold line: wanted pods; thin line: requests a second.</p>\n${scaleChart(samples)}`,
  );
}

export function htmlReport(record: CiRecord): string {
  const { cases, coldStarts, memory, images, warnings, logs } = record;
  const failures = failuresOf(record);
  const verdict = failures.length === 0 ? "passed" : "failed";
  const parts = [
    `<h1>knap ci <span class="${verdict}">${verdict}</span></h1>`,
    `<p>${escapeHtml(record.startedAt)}, ${latencyText(record.durationMs)}</p>`,
    table(
      ["check", "result", "time"],
      cases.map(({ name, seconds, failure }) => [
        name,
        failure === undefined ? "passed" : "failed",
        latencyText(seconds * 1000),
      ]),
    ),
    section("What failed", failures.map(pre).join("\n")),
    section("Cold starts", coldStarts.length === 0 ? "" : coldStartChart(coldStarts)),
    ...record.services.map(serviceSection),
    section(
      "Memory and images",
      table(
        ["pod", "most memory"],
        memory.map(({ pod, memoryBytes }) => [pod, bytesText(memoryBytes)]),
      ) +
        table(
          ["image", "size"],
          images.map(({ image, sizeBytes }) => [image, bytesText(sizeBytes)]),
        ),
    ),
    section(
      "Warnings",
      table(
        ["about", "reason", "message"],
        warnings.map(({ about, reason, message }) => [about, reason, message]),
      ),
    ),
    ...logs.map(({ pod, lines }) => section(`Last output of ${pod}`, pre(lines.join("\n")))),
  ];
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>knap ci: ${verdict}</title>
<style>${STYLE}</style>
${parts.filter((part) => part !== "").join("\n")}
</html>
`;
}
