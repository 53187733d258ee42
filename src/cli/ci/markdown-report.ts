// Renders the record of a run of `knap ci` as Markdown, for summaries of CI systems. Pure.

import { bytesText } from "../../base/bytes-text.ts";
import { coldStartSteps } from "../../client/live.ts";
import { latencyText } from "../output/text.ts";
import { type CiRecord, failuresOf } from "./ci-record.ts";

const row = (cells: readonly (string | number)[]): string =>
  `| ${cells.map((cell) => cellText(String(cell))).join(" | ")} |`;
const cellText = (text: string): string =>
  text
    .replace(/\\/g, "\\\\")
    .replace(/\|/g, "\\|")
    .replace(/</g, "&lt;")
    .replace(/\s*\n\s*/g, " ");

function table(headers: readonly string[], rows: readonly (readonly (string | number)[])[]): readonly string[] {
  return rows.length === 0 ? [] : [row(headers), row(headers.map(() => "---")), ...rows.map(row), ""];
}

/** A fence longer than any in the text. */
function fenced(lines: readonly string[]): readonly string[] {
  const longest = Math.max(2, ...lines.flatMap((line) => (line.match(/`+/g) ?? []).map(({ length }) => length)));
  const fence = "`".repeat(longest + 1);
  return [fence, ...lines, fence, ""];
}

export function markdownReport(record: CiRecord): string {
  const { cases, services, coldStarts, memory, logs } = record;
  const failures = failuresOf(record);
  const verdict = failures.length === 0 ? "passed" : "failed";
  const lines = [
    `## knap ci: ${verdict} in ${latencyText(record.durationMs)}`,
    "",
    ...table(
      ["", "check", "time"],
      cases.map(({ name, seconds, failure }) => [
        failure === undefined ? "✅" : "❌",
        name,
        latencyText(seconds * 1000),
      ]),
    ),
    ...failures.flatMap((failure) => fenced(failure.split("\n"))),
    ...table(
      ["Service", "requests", "p50", "p99", "status ≥ 500", "most pods"],
      services.map(({ service, samples, requests }) => [
        service,
        requests?.answered ?? 0,
        requests ? latencyText(requests.latencyMs.p50) : "",
        requests ? latencyText(requests.latencyMs.p99) : "",
        requests?.failed ?? 0,
        Math.max(0, ...samples.map(({ ready }) => ready)),
      ]),
    ),
    ...table(
      ["cold start", "total", ...coldStartSteps.map(([, name]) => name)],
      coldStarts.map(({ revision, totalMs, parts }) => [
        revision,
        latencyText(totalMs),
        ...coldStartSteps.map(([step]) => latencyText(parts[step])),
      ]),
    ),
    ...table(
      ["pod", "most memory"],
      memory.map(({ pod, memoryBytes }) => [pod, bytesText(memoryBytes)]),
    ),
    ...logs.flatMap(({ pod, lines: last }) => [
      `<details><summary>last output of ${cellText(pod)}</summary>`,
      "",
      ...fenced(last),
      "</details>",
      "",
    ]),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}
