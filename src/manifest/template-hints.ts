// Recognizes files that are templates of Helm or envsubst, and names the command that renders them.
import type { Diagnostic, ManifestFile } from "./diagnostic.ts";

/** Placeholders further from the start of the value are not found. */
const MAX_VALUE = 200;
/** An action of a Go template, but not an empty flow mapping such as `{{}}`. */
const ACTION = /\{\{-?\s*[\w.$/("]/;
/** `$NAME` or `${NAME}`. The pattern does not search for the closing brace, because that takes quadratic time. */
const VARIABLE = /\$\{?[A-Za-z_]/;

const helmFix = (file: string): string => {
  const chart = /^(.+)[\\/]templates[\\/]/.exec(file)?.[1] ?? "CHART";
  return `render it: helm template ${chart} | knap up -f -`;
};

/**
 * Returns the finding for a text with syntax errors that is a Helm template; undefined if it has no template action.
 */
export function helmFinding({ name, text }: ManifestFile): Diagnostic | undefined {
  const match = ACTION.exec(text);
  if (!match) return undefined;
  const before = text.slice(0, match.index);
  const message = "this file is a template of Helm or another tool";
  const column = match.index - before.lastIndexOf("\n");
  const line = before.split("\n").length;
  return { severity: "error", message, file: name, line, column, fix: helmFix(name) };
}

/** Adds a fix to errors about values with a placeholder. */
export function withTemplateHints(diagnostics: readonly Diagnostic[], file: ManifestFile): readonly Diagnostic[] {
  if (!ACTION.test(file.text) && !VARIABLE.test(file.text)) return diagnostics;
  const lines = file.text.split("\n");
  return diagnostics.map((diagnostic) => {
    if (diagnostic.severity !== "error" || diagnostic.fix !== undefined) return diagnostic;
    const line = lines[diagnostic.line - 1] ?? "";
    const value = line.slice(diagnostic.column - 1, diagnostic.column + MAX_VALUE);
    if (ACTION.test(value)) return { ...diagnostic, fix: helmFix(file.name) };
    const fix = `render it: envsubst < ${file.name === "-" ? "FILE" : file.name} | knap up -f -`;
    return VARIABLE.test(value) ? { ...diagnostic, fix } : diagnostic;
  });
}
