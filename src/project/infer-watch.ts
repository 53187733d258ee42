// Makes watch rules from a Dockerfile: source folders that its last stage copies for an interpreter are synced.
import { join, posix } from "node:path";
import { failed, ok, type Result } from "../base/result.ts";
import { isInterpreted } from "./app-command.ts";
import type { DockerfileFacts, DockerfileStep } from "./dockerfile.ts";
import type { WatchRule } from "./project.ts";
import { shellWords } from "./shell-words.ts";

/** Files that name dependencies. The image must be built again if they change. */
const MANIFESTS =
  /^(?:package\.json|package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|\.yarnrc\.yml|pnpm-lock\.yaml|pnpm-workspace\.yaml|bun\.lockb?|\.npmrc|deno\.lock|requirements.*\.(?:txt|in)|constraints.*\.txt|pyproject\.toml|poetry\.lock|uv\.lock|pdm\.lock|setup\.(?:py|cfg)|Pipfile(?:\.lock)?|environment\.ya?ml|Gemfile(?:\.lock)?|.*\.gemspec|composer\.(?:json|lock)|cpanfile(?:\.snapshot)?|Dockerfile.*|.*\.dockerignore)$/;

/** Whether a file, in whatever folder, names dependencies or decides what the image is. */
export const isManifest = (path: string): boolean => MANIFESTS.test(posix.basename(path));

/** Archives that ADD unpacks. */
const ARCHIVE = /\.(?:tar|tar\.\w+|tgz|tbz2?|txz)$/;

/** Commands of RUN that do not read the sources, or only install dependencies. */
const HARMLESS: readonly RegExp[] = [
  /^(?:apt|apt-get|apk|yum|dnf|microdnf|corepack|gem|chown|chmod|mkdir|rm|touch|ln|useradd|adduser|usermod|addgroup|groupadd|addgroup|curl|wget|echo|true|set|cd|export|cat|ls|test|sleep|printf|update-ca-certificates)\b/,
  /^\[/,
  /^(?:npm|pnpm|yarn|bun)(?: -\S+)* (?:ci|install|i|add|fetch|prune|cache|config|set|dedupe)\b/,
  /^(?:yarn|npm|pnpm)(?: --\S+)*$/,
  // `pip install .` copies the sources into the packages.
  /^(?:python[\d.]* -m )?pip[\d.]* (?!install\b(?!.* -e ).* \.(?:\[\S+\])?(?: |$))/,
  /^(?:poetry|uv|pdm) (?:config|sync|install|lock|export|pip)\b/,
  /^pipenv (?:install|sync|requirements)\b/,
  /^bundle (?:install|config)\b/,
  /^composer (?:install|dump-autoload|config)\b/,
];

/** A file or folder, or undefined if it does not exist. `path` is absolute. */
type KindOf = (path: string) => "file" | "folder" | undefined;

interface InferRequest {
  /** ENTRYPOINT and CMD, or the command of the manifest, which replaces them. */
  readonly command: readonly string[];
  readonly context: string;
  readonly kindOf: KindOf;
  /** Names in a folder. */
  readonly namesIn: (folder: string) => readonly string[];
  /** The command reloads changed code. */
  readonly reloads: boolean;
}

/** Returns the rules, or why there are none. */
export function inferRules({ steps }: DockerfileFacts, request: InferRequest): Result<readonly WatchRule[]> {
  const { command, context, namesIn } = request;
  if (command.length === 0) return failed("the Dockerfile has no CMD or ENTRYPOINT");
  if (!isInterpreted(command)) return failed(`its command runs no known interpreter: ${command.join(" ")}`);
  const transformed = steps.findLastIndex((step) => step.type === "run" && !isHarmless(step));
  const action = request.reloads ? ("sync" as const) : ("sync+restart" as const);
  const copies = steps.slice(transformed + 1).filter((step) => step.type === "copy");
  const synced = copies.flatMap(({ sources, target }) =>
    sources.flatMap((source) => copyRule(source, { target, isOne: sources.length === 1 }, request)),
  );
  if (synced.length === 0) {
    const run = steps[transformed];
    if (run?.type === "run" && steps.some(({ type }) => type === "copy")) {
      return failed(`RUN ${run.command.at(-1)} may change the sources, so each change needs a build`);
    }
    return failed("the Dockerfile copies no files of its context that can be synced");
  }
  const rebuilt = namesIn(context)
    .filter(isManifest)
    .map((name): WatchRule => ({ ...NO_PATTERNS, path: join(context, name), action: "rebuild" }));
  return ok([...synced.map((rule): WatchRule => ({ ...rule, action })), ...rebuilt]);
}

const NO_PATTERNS = { include: [], ignore: [], initialSync: false } as const;

function isHarmless({ command }: Extract<DockerfileStep, { type: "run" }>): boolean {
  const line = command[0] === "/bin/sh" ? (command[2] ?? "") : command.join(" ");
  const parts = line.split(/&&|\|\||[;|&\n]/).map((part) => shellWords(part.replace(/\\\n/g, " ")).join(" "));
  return parts.every((part) => part === "" || part.startsWith("#") || HARMLESS.some((known) => known.test(part)));
}

/** Returns the rule of one source of COPY; none if its files cannot be synced one by one, or if it needs a build. */
function copyRule(
  source: string,
  { target, isOne }: { readonly target: string; readonly isOne: boolean },
  { context, kindOf, namesIn }: InferRequest,
): readonly Omit<WatchRule, "action">[] {
  const inside = posix.normalize(source).replace(/^\/+|\/+$/g, "");
  const name = posix.basename(inside);
  if (inside.startsWith("..") || ARCHIVE.test(name) || isManifest(name)) return [];
  const path = join(context, inside);
  if (/[*?[]/.test(inside)) {
    const folder = join(context, posix.dirname(inside));
    if (/[*?[]/.test(posix.dirname(inside))) return [];
    // COPY of a matching folder copies its content without the folder, which no rule can say.
    if (
      namesIn(folder).some((each) => !each.startsWith(".") && kindOf(join(folder, each)) === "folder" && name === "*")
    )
      return [];
    return [{ ...NO_PATTERNS, path: folder, target: withoutSlash(target), include: [name] }];
  }
  const kind = kindOf(path);
  if (kind === "folder") return [{ ...NO_PATTERNS, path, target: withoutSlash(target) }];
  if (kind !== "file") return [];
  const isInFolder = target.endsWith("/") || target === "/" || !isOne;
  return [{ ...NO_PATTERNS, path, target: isInFolder ? posix.join(target, name) : target }];
}

const withoutSlash = (path: string): string => (path === "/" ? path : path.replace(/\/$/, ""));
