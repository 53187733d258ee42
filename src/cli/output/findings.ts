// Formats findings in the user's files: file:line:column, message and quoted line with a caret, or GitHub annotations.

import type { ProjectFinding } from "../../manifest/diagnostic.ts";
import type { ManifestSource } from "../../project/find-files.ts";
import type { Terminal } from "../terminal.ts";

type Painter = Pick<Terminal, "paint">;

/** `service.yaml:12:9` */
export function placeText({ file, line, column }: ProjectFinding): string {
  return [file, line, column].filter((part) => part !== undefined).join(":");
}

/** Maximum number of columns shown of a long line; the position is a third of the way in. */
const SHOWN_COLUMNS = 110;

/** The quoted line and a caret below the column; empty if the line is not known. */
export function excerpt(finding: ProjectFinding, sources: readonly ManifestSource[]): readonly string[] {
  if (finding.line === undefined) return [];
  const text = sources.find(({ file }) => file === finding.file)?.text.split(/\r?\n/)[finding.line - 1];
  if (text === undefined || text.trim() === "") return [];
  const at = (finding.column ?? 1) - 1;
  const from = text.length <= SHOWN_COLUMNS ? 0 : Math.max(0, at - Math.floor(SHOWN_COLUMNS / 3));
  const to = from + SHOWN_COLUMNS;
  // The width of a tab depends on the terminal, and other control characters would control it.
  const part = text
    .slice(from, to)
    .replace(/\t/g, " ")
    .replace(/\p{Cc}/gu, "\ufffd");
  const before = from > 0 ? "…" : "";
  const gutter = `${finding.line} | ${before}`;
  return [`  ${gutter}${part}${to < text.length ? "…" : ""}`, `  ${" ".repeat(gutter.length + at - from)}^`];
}

function findingText(finding: ProjectFinding, sources: readonly ManifestSource[], { paint }: Painter): string {
  const word = finding.severity === "error" ? paint("red", "error") : paint("yellow", "warning");
  const [quoted, caret] = excerpt(finding, sources);
  const lines = [`${paint("bold", placeText(finding))}: ${word}: ${finding.message}`];
  if (quoted !== undefined && caret !== undefined) lines.push(quoted, paint("red", caret));
  if (finding.fix !== undefined) lines.push(`  → ${finding.fix}`);
  return lines.join("\n");
}

/** One text per finding, errors and warnings in the order found. */
export function findingLines(
  findings: readonly ProjectFinding[],
  sources: readonly ManifestSource[],
  painter: Painter,
): readonly string[] {
  return findings.map((finding) => findingText(finding, sources, painter));
}

/** GitHub Actions' workflow commands, which mark the line in a pull request. */
export function githubLines(findings: readonly ProjectFinding[]): readonly string[] {
  const escaped = (text: string) => text.replace(/%/g, "%25").replace(/\r/g, "%0D").replace(/\n/g, "%0A");
  return findings.map(({ severity, file, line, column, message }) => {
    const place = [`file=${file}`, line && `line=${line}`, column && `col=${column}`].filter(Boolean).join(",");
    return `::${severity} ${place}::${escaped(message)}`;
  });
}
