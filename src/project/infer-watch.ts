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
  /^(?:uv |python[\d.]* -m )?pip[\d.]* (?!install\b(?!.* (?:-e|--editable) ).* \.\/?(?:\[\S+\])?(?: |$))/,
  /^(?:poetry|uv|pdm) (?:config|sync|install|lock|export)\b(?!.* --no-editable\b(?!.* --no-install-project\b))/,
  /^husky\b/,
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
  /** Commands that an installation of the dependencies also runs. */
  readonly installed: readonly string[];
}

const INSTALL = /^(?:npm|pnpm|yarn|bun)(?: -\S+)*(?: (?:ci|install|i)\b|$)(?!.* (?:-g|--global|--ignore-scripts)\b)/;

type RunStep = Extract<DockerfileStep, { type: "run" }>;
type CopyStep = Extract<DockerfileStep, { type: "copy" }>;

/** A RUN that may transform sources, and the sources that it can read. */
interface Transformation {
  readonly run: RunStep;
  readonly sources: readonly string[];
}

/** Returns the rules, or why there are none. */
export function inferRules({ steps }: DockerfileFacts, request: InferRequest): Result<readonly WatchRule[]> {
  const { command, context, kindOf, namesIn, installed } = request;
  if (command.length === 0) return failed("the Dockerfile has no CMD or ENTRYPOINT");
  if (!isInterpreted(command)) return failed(`its command runs no known interpreter: ${command.join(" ")}`);
  const isTransforming = (step: DockerfileStep): step is RunStep => step.type === "run" && !isHarmless(step, installed);
  const transformations = findTransformations(steps, isTransforming);
  const transformed = transformations.flatMap(({ sources }) => sources);
  const action = request.reloads ? ("sync" as const) : ("sync+restart" as const);
  const copies = steps.slice(steps.findLastIndex(isTransforming) + 1).filter((step) => step.type === "copy");
  const synced = copies.flatMap(({ sources, target }) =>
    sources
      .filter((source) => !transformed.some((other) => isBelow(other, inContext(source))))
      .flatMap((source) => copyRule(source, { target, isOne: sources.length === 1 }, request)),
  );
  if (synced.length === 0) {
    const line = transformations.at(-1)?.run.command.at(-1);
    if (line !== undefined) return failed(`RUN ${line} may change the sources, so each change needs a build`);
    return failed("the Dockerfile copies no files of its context that can be synced");
  }
  const rebuilt = [...new Set([...transformed, ...namesIn(context).filter(isManifest)])]
    .map((name) => join(context, name))
    .filter((path) => kindOf(path) !== undefined)
    .map((path): WatchRule => ({ ...NO_PATTERNS, path, action: "rebuild" }));
  return ok([...synced.map((rule): WatchRule => ({ ...rule, action })), ...rebuilt]);
}

const NO_PATTERNS = { include: [], ignore: [], initialSync: false } as const;

/** Returns a source of COPY as a path below the context, "" for the whole context. */
const inContext = (source: string): string => posix.join("/", source).replace(/^\/+|\/+$/g, "");

const isBelow = (folder: string, path: string): boolean =>
  folder === "" || path === folder || path.startsWith(`${folder}/`);

/** Returns those of the steps and of the stages that they copy from, without those that read no sources. */
function findTransformations(
  steps: readonly DockerfileStep[],
  isTransforming: (step: DockerfileStep) => step is RunStep,
): readonly Transformation[] {
  const last = steps.findLastIndex(isTransforming);
  const run = steps[last];
  const sources = steps
    .slice(0, Math.max(0, last))
    .filter((step): step is CopyStep => step.type === "copy")
    .flatMap((step) => step.sources.map(inContext))
    // Files that match a pattern are in its folder.
    .map((source) => (/[*?[]/.test(source) ? inContext(source.replace(/[^/]*[*?[].*$/, "")) : source))
    .filter((source) => !isManifest(source));
  const below = steps.flatMap((step) => (step.type === "stage" ? findTransformations(step.steps, isTransforming) : []));
  return [...below, ...(run?.type === "run" && sources.length > 0 ? [{ run, sources }] : [])];
}

/** `installed`: commands that an installation of the dependencies also runs. */
function isHarmless({ command }: RunStep, installed: readonly string[]): boolean {
  const line = command[0] === "/bin/sh" ? (command[2] ?? "") : command.join(" ");
  const parts = line.split(/&&|\|\||[;|&\n]/).map((part) => shellWords(part.replace(/\\\n/g, " ")).join(" "));
  const isInstallHarmless = installed.every((script) => isHarmless({ type: "run", command: [script] }, []));
  return parts.every((part) => {
    if (INSTALL.test(part) && !isInstallHarmless) return false;
    return part === "" || part.startsWith("#") || HARMLESS.some((known) => known.test(part));
  });
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
