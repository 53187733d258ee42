// Makes the Secrets of knap.yaml's `secrets` from env files, or from folders with one file per key. No message contains
// a value.
import { readdir, readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Secret } from "../apis/core/types.ts";
import { failed, ok, type Result } from "../base/result.ts";
import type { ProjectFinding } from "../manifest/diagnostic.ts";
import type { SecretSettings } from "./project-file.ts";
import { readTextFile } from "./read-text.ts";

type Data = Readonly<Record<string, string>>;
type SecretContent = { readonly data: Data; readonly paths: readonly string[] } | { readonly problem: string };

const base64 = (content: string | Uint8Array): string => Buffer.from(content).toString("base64");

function encoded(values: Data): Data {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, base64(value)]));
}

async function readEnvFile(path: string): Promise<SecretContent> {
  const values = parseEnvFile(await readTextFile(path));
  if (!values.ok) return { problem: values.error };
  return { data: encoded(values.value), paths: [path] };
}

async function readKeyFolder(folder: string): Promise<SecretContent> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith("."))
    .map((entry) => entry.name);
  const contents = await Promise.all(names.sort().map((name) => readFile(join(folder, name))));
  return {
    data: Object.fromEntries(names.map((name, index) => [name, base64(contents[index] ?? "")])),
    paths: [folder],
  };
}

async function read(path: string): Promise<SecretContent> {
  try {
    return (await stat(path)).isDirectory() ? await readKeyFolder(path) : await readEnvFile(path);
  } catch (error) {
    return { problem: (error as NodeJS.ErrnoException).code === "ENOENT" ? "no such file or folder" : String(error) };
  }
}

/**
 * Resolves with the project's Secrets, the paths of their sources, and a finding for each Secret that cannot be read.
 */
export async function readSecrets(
  secrets: Readonly<Record<string, SecretSettings>>,
  place: { readonly folder: string; readonly namespace: string },
): Promise<{
  readonly objects: readonly Secret[];
  readonly paths: readonly string[];
  readonly findings: readonly ProjectFinding[];
}> {
  const objects: Secret[] = [];
  const paths: string[] = [];
  const findings: ProjectFinding[] = [];
  for (const [key, { from = "", as: name = key, data }] of Object.entries(secrets)) {
    if (from === "" && data === undefined) continue;
    const content = data ? { data: encoded(data), paths: [] } : await read(resolve(place.folder, from));
    if ("problem" in content) {
      findings.push({ severity: "error", message: `secret "${key}": ${content.problem}`, file: from });
      continue;
    }
    paths.push(...content.paths);
    const metadata = { name, namespace: place.namespace };
    objects.push({ apiVersion: "v1", kind: "Secret", metadata, type: "Opaque", data: content.data });
  }
  return { objects, paths, findings };
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", '"': '"', "\\": "\\" };

function readValue(raw: string): string | undefined {
  const text = raw.trim();
  const quote = text[0];
  if (quote === '"') {
    const match = /^"((?:[^"\\]|\\[\s\S])*)"\s*(?:#.*)?$/.exec(text);
    return match?.[1]?.replace(/\\([\s\S])/g, (all, letter: string) => ESCAPES[letter] ?? all);
  }
  if (quote === "'") return /^'([^']*)'\s*(?:#.*)?$/.exec(text)?.[1];
  // A comment begins at a number sign after white space.
  const comment = /\s#/.exec(text);
  return comment ? text.slice(0, comment.index).trimEnd() : text;
}

/** Reads `NAME=value` lines with quotes and comments, as compose's env_file does. The error names the line. */
export function parseEnvFile(text: string): Result<Readonly<Record<string, string>>> {
  const values = new Map<string, string>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const match = /^\s*(?:export\s+)?([\w.-]+)\s*=(.*)$/.exec(line);
    const value = match ? readValue(match[2] ?? "") : undefined;
    if (value === undefined) return failed(`line ${index + 1}: expected NAME=value`);
    values.set(match?.[1] ?? "", value);
  }
  return ok(Object.fromEntries(values));
}
