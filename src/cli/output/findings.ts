// Formats findings in the user's files: place, message and quoted line with a caret, or GitHub annotations.

import { redacted } from "../../base/redact.ts";
import type { ProjectFinding } from "../../manifest/diagnostic.ts";
import type { ManifestSource } from "../../project/find-files.ts";
import type { Complaint } from "../cli-error.ts";
import type { GlobalFlags } from "../command.ts";
import type { Terminal } from "../terminal.ts";

type Painter = Pick<Terminal, "paint">;

/** Returns the place as `service.yaml:12:9`. */
export function placeText({ file, line, column }: ProjectFinding): string {
  return [file, line, column].filter((part) => part !== undefined).join(":");
}

/** Returns true if the message is Knative's long warning about insecure defaults, which concerns most manifests. */
export function isInsecureDefault(message: string): boolean {
  return message.startsWith("Kubernetes default value is insecure");
}

/** Returns the findings to print, and a note about those left out. With --verbose nothing is left out. */
export function shownFindings(
  { findings }: { readonly findings: readonly ProjectFinding[] },
  { verbose }: GlobalFlags,
): { readonly findings: readonly ProjectFinding[]; readonly note: string | undefined } {
  if (verbose) return { findings, note: undefined };
  const shown = findings.filter(({ message }) => !isInsecureDefault(message));
  return { findings: shown, note: insecureDefaultsNote(findings.map(({ message }) => message)) };
}

/** Returns a short line instead of the warnings about insecure defaults; undefined without such warnings. */
function insecureDefaultsNote(messages: readonly string[]): string | undefined {
  const count = messages.filter(isInsecureDefault).length;
  const where = count === 1 ? "one place" : `${count} places`;
  return count === 0
    ? undefined
    : `securityContext: ${where} with Kubernetes' insecure defaults, as in most manifests; -v shows the fields`;
}

/** Columns shown of a longer line. A third of them is before the finding. */
const SHOWN_COLUMNS = 110;

/** Lines by file. */
type SourceLines = ReadonlyMap<string, readonly string[]>;

export function linesOf(sources: readonly ManifestSource[]): SourceLines {
  return new Map(sources.map(({ file, text }) => [file, text.split(/\r?\n/)]));
}

/** Returns the quoted line and a caret below the column; empty if the line is not known. */
export function excerpt(finding: ProjectFinding, lines: SourceLines): readonly string[] {
  if (finding.line === undefined) return [];
  const text = lines.get(finding.file)?.[finding.line - 1];
  if (text === undefined || text.trim() === "") return [];
  const at = (finding.column ?? 1) - 1;
  const from = text.length <= SHOWN_COLUMNS ? 0 : Math.max(0, at - Math.floor(SHOWN_COLUMNS / 3));
  const to = from + SHOWN_COLUMNS;
  // Tabs would move the caret, and other control characters would change the terminal.
  const part = text
    .slice(from, to)
    .replace(/\t/g, " ")
    .replace(/\p{Cc}/gu, "\ufffd");
  const before = from > 0 ? "…" : "";
  const gutter = `${finding.line} | ${before}`;
  return [`  ${gutter}${part}${to < text.length ? "…" : ""}`, `  ${" ".repeat(gutter.length + at - from)}^`];
}

function findingText(finding: ProjectFinding, sourceLines: SourceLines, { paint }: Painter): string {
  const word = finding.severity === "error" ? paint("red", "error") : paint("yellow", "warning");
  const [quoted, caret] = excerpt(finding, sourceLines);
  const lines = [`${paint("bold", placeText(finding))}: ${word}: ${finding.message}`];
  if (quoted !== undefined && caret !== undefined) lines.push(quoted, paint("red", caret));
  if (finding.fix !== undefined) lines.push(`  → ${finding.fix}`);
  return lines.join("\n");
}

/** One text per finding, in the given order. */
export function findingLines(
  findings: readonly ProjectFinding[],
  sources: readonly ManifestSource[],
  painter: Painter,
): readonly string[] {
  const lines = linesOf(sources);
  return findings.map((finding) => findingText(finding, lines, painter));
}

const escaped = (text: string): string => text.replace(/%/g, "%25").replace(/\r/g, "%0D").replace(/\n/g, "%0A");

/** Returns the annotation of a failed run in GitHub Actions: what failed, why, and at which line of the files. */
export function githubError(
  { what, why, fix }: Complaint,
  place?: { readonly file: string; readonly line: number },
): string {
  const text = [what, why, fix && `→ ${fix}`].filter(Boolean).join("\n");
  const at = place ? `file=${place.file},line=${place.line},` : "";
  return `::error ${at}title=knap::${escaped(redacted(text))}`;
}

/** GitHub Actions' workflow commands, which mark the line in a pull request. */
export function githubLines(findings: readonly ProjectFinding[]): readonly string[] {
  return findings.map(({ severity, file, line, column, message }) => {
    const place = [`file=${file}`, line && `line=${line}`, column && `col=${column}`].filter(Boolean).join(",");
    return `::${severity} ${place}::${escaped(message)}`;
  });
}
