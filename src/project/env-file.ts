// Reads env files: `NAME=value` lines with quotes and comments, as docker compose's env_file has them. Pure.
import { type Parsed, parsed, unparsed } from "../base/parsed.ts";

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", '"': '"', "\\": "\\" };

function readValue(raw: string): string | undefined {
  const text = raw.trim();
  const quote = text[0];
  if (quote === '"') {
    const match = /^"((?:[^"\\]|\\[\s\S])*)"\s*(?:#.*)?$/.exec(text);
    return match?.[1]?.replace(/\\([\s\S])/g, (all, letter: string) => ESCAPES[letter] ?? all);
  }
  if (quote === "'") return /^'([^']*)'\s*(?:#.*)?$/.exec(text)?.[1];
  return text.replace(/\s+#.*$/, "");
}

/** Name → value. The error names the 1-based line. */
export function parseEnvFile(text: string): Parsed<Readonly<Record<string, string>>> {
  const values = new Map<string, string>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const match = /^\s*(?:export\s+)?([\w.-]+)\s*=(.*)$/.exec(line);
    const value = match ? readValue(match[2] ?? "") : undefined;
    if (value === undefined) return unparsed(`line ${index + 1}: expected NAME=value`);
    values.set(match?.[1] ?? "", value);
  }
  return parsed(Object.fromEntries(values));
}
