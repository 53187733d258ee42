// Finds and reads the files of a project: `-f`, else knap.yaml's `files`, else files with usual names.
import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { errorText } from "../base/errors.ts";
import type { ProjectFinding } from "../manifest/diagnostic.ts";
import { readTextFile, renderKustomize, TextError } from "./read-text.ts";

/** A manifest file and its text. */
export interface ManifestSource {
  /** Absolute; "-" for standard input; a URL as given. */
  readonly path: string;
  /** The name in messages: relative to the current folder if the file is below it. */
  readonly file: string;
  readonly text: string;
}

export interface FileRequest {
  readonly cwd: string;
  /** `-f` / KNAP_FILE, as given. Empty: knap.yaml's `files`, else discovery. */
  readonly given: readonly string[];
  /** Folder of knap.yaml and its `files`. */
  readonly project?: { readonly folder: string; readonly files: readonly string[] };
  /** Folders of `-k`. */
  readonly kustomize?: readonly string[] | undefined;
  readonly readStdin: () => Promise<string>;
  readonly readUrl: (url: string) => Promise<string>;
  /** What a missing named file is: an error (default), or ignored. Watch mode ignores it and deletes its objects. */
  readonly absent?: "error" | "left-out" | undefined;
}

const YAML = /\.(ya?ml|json)$/i;
/** Names of YAML and JSON files that are never manifests. */
const NO_MANIFESTS = /^(knap|docker-compose(\..+)?|compose(\..+)?|package(-lock)?|tsconfig.*|\..+)\.(ya?ml|json)$/i;
const USUAL_NAMES = [/service\.dev\.ya?ml$/i, /service\.ya?ml$/i];
const USUAL_FOLDERS = ["knative", "k8s", "config"];

/** Whether a file of a manifest folder is a manifest, by its name. */
export const isManifestName = (name: string): boolean => YAML.test(name) && !NO_MANIFESTS.test(name);

/** Returns how messages show a path. */
export function displayPath(cwd: string, path: string): string {
  const shown = relative(cwd, path);
  return shown === "" ? "." : shown.startsWith("..") ? path : shown;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

/** Files that other tools read. knap names the tool instead of reporting their missing fields. */
const TOOL_FILES: readonly {
  readonly name: RegExp;
  readonly what: string;
  readonly fix: (folder: string) => string;
  /** The other files of the folder are no manifests either. */
  readonly ownsFolder?: true;
}[] = [
  { name: /^kustomization(\.ya?ml)?$/i, what: "a kustomize folder", fix: (folder) => `render it: -k ${folder}` },
  {
    name: /^Chart\.ya?ml$/,
    what: "a Helm chart",
    fix: (folder) => `render it: helm template ${folder} | knap up -f -`,
    ownsFolder: true,
  },
  {
    name: /^func\.ya?ml$/,
    what: "a function project",
    fix: () => "build its image with `func build`, and name the image in a Service",
  },
];
const toolFileOf = (path: string) => TOOL_FILES.find(({ name }) => name.test(basename(path)));

interface Expanded {
  readonly isFolder?: true;
  readonly paths: readonly string[];
  readonly findings: readonly Omit<ProjectFinding, "file">[];
}

/**
 * Resolves with a file, or with every manifest in a folder; like kubectl, without subfolders. Rejects with the file
 * system's error.
 */
async function expand(path: string, shown: string): Promise<Expanded> {
  const info = await stat(path);
  if (!info.isDirectory()) {
    const tool = toolFileOf(path);
    if (!tool) return { paths: [path], findings: [] };
    const message = `this file belongs to ${tool.what} and is no manifest`;
    return { paths: [], findings: [{ severity: "error", message, fix: tool.fix(dirname(shown)) }] };
  }
  // namesIn() treats an unreadable folder as empty; for a named folder that is an error.
  const entries = await readdir(path, { withFileTypes: true });
  const names = await namesIn(path);
  const tool = names.map(toolFileOf).find((found) => found !== undefined);
  const manifests = tool?.ownsFolder ? [] : names.filter((name) => isManifestName(name) && !toolFileOf(name));
  const paths = manifests.map((name) => join(path, name));
  if (tool) {
    const message = `this is ${tool.what}${paths.length > 0 ? "; only its plain manifests are used" : ""}`;
    const severity = paths.length > 0 ? "warning" : "error";
    return { isFolder: true, paths, findings: [{ severity, message, fix: tool.fix(shown) }] };
  }
  if (paths.length > 0) return { isFolder: true, paths, findings: [] };
  const message = `there is no manifest in this folder: it has ${contentText(entries)}; looked for *.yaml, *.yml and *.json, not in subfolders`;
  const fix = await manifestFolderFix(path, shown, entries);
  return { isFolder: true, paths, findings: [{ severity: "error", message, fix }] };
}

const MAX_SHOWN = 5;

function contentText(entries: readonly Dirent[]): string {
  if (entries.length === 0) return "no files";
  const names = entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).sort();
  const more = names.length > MAX_SHOWN ? ` and ${names.length - MAX_SHOWN} more` : "";
  return names.slice(0, MAX_SHOWN).join(", ") + more;
}

async function manifestFolderFix(path: string, shown: string, entries: readonly Dirent[]): Promise<string | undefined> {
  for (const entry of entries.filter((each) => each.isDirectory() && !each.name.startsWith("."))) {
    if ((await usualFolder(join(path, entry.name))).length > 0) return `use -f ${join(shown, entry.name)}`;
  }
  return undefined;
}

/**
 * Resolves with the manifests of a folder with a usual name. Resolves with no file if none is a Knative manifest,
 * because `config` is a common name.
 */
async function usualFolder(folder: string): Promise<readonly string[]> {
  const paths = (await namesIn(folder)).filter(isManifestName).map((name) => join(folder, name));
  const texts = await Promise.all(paths.map((path) => readTextFile(path).catch(() => "")));
  const manifests = paths.filter((_, index) => /^[ \t{]*"?apiVersion"?[ \t]*:/m.test(texts[index] ?? ""));
  return texts.some((text) => text.includes("serving.knative.dev/")) ? manifests : [];
}

/** Resolves with the files with usual names, else the manifests of the first usual folder, and that folder. */
async function discover(folder: string): Promise<{ readonly files: readonly string[]; readonly folder?: string }> {
  const names = await namesIn(folder);
  for (const pattern of USUAL_NAMES) {
    const found = names.filter((name) => pattern.test(name));
    if (found.length > 0) return { files: found.map((name) => join(folder, name)) };
  }
  for (const name of USUAL_FOLDERS) {
    const files = await usualFolder(join(folder, name));
    if (files.length > 0) return { files, folder: join(folder, name) };
  }
  return { files: [] };
}

/**
 * Returns the named files as [base folder, name]. A folder whose knap.yaml lists `files` is replaced by these files.
 */
function namedFiles({ cwd, given, project }: FileRequest): readonly (readonly [string, string])[] {
  const listed = (project?.files ?? []).map((name) => [project?.folder ?? cwd, name] as const);
  if (given.length === 0) return listed;
  return given.flatMap((name) =>
    listed.length > 0 && isFilePath(name) && resolve(cwd, name) === project?.folder ? listed : [[cwd, name] as const],
  );
}

interface Input {
  readonly path: string;
  readonly file: string;
  read(): Promise<string>;
}

interface FoundInputs {
  readonly inputs: readonly Input[];
  /** Folders whose manifests are inputs. */
  readonly folders?: readonly string[];
  /** Paths to watch besides those of the inputs. */
  readonly watched: readonly string[];
  readonly findings: readonly ProjectFinding[];
}

const isUrl = (name: string): boolean => /^https?:\/\//i.test(name);
/** Whether a path of a source is a file, not standard input or a URL. */
export const isFilePath = (path: string): boolean => path !== "-" && !isUrl(path);

const fileInput = (cwd: string, path: string): Input => ({
  path,
  file: displayPath(cwd, path),
  read: () => readTextFile(path),
});

/** Resolves with the inputs of one name of `-f` or of knap.yaml's `files`. */
async function namedInputs(name: string, base: string, request: FileRequest): Promise<FoundInputs> {
  const found = (...inputs: readonly Input[]): FoundInputs => ({ inputs, watched: [], findings: [] });
  if (name === "-") return found({ path: "-", file: "-", read: request.readStdin });
  if (isUrl(name)) return found({ path: name, file: name, read: () => request.readUrl(name) });
  const path = resolve(base, name);
  try {
    const { isFolder, paths, findings } = await expand(path, name);
    const inputs = paths.map((each) => fileInput(request.cwd, each));
    const folders = isFolder ? [path] : [];
    return { inputs, folders, watched: [], findings: findings.map((each) => ({ ...each, file: name })) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isAbsent = code === "ENOENT" || code === "ENOTDIR";
    if (isAbsent && request.absent === "left-out") return { inputs: [], watched: [path], findings: [] };
    const message = isAbsent ? "no such file or folder" : `cannot be read: ${errorText(error)}`;
    return { inputs: [], watched: isAbsent ? [path] : [], findings: [{ severity: "error", message, file: name }] };
  }
}

/** Resolves with the inputs of all names, or of the usual files if there are no names. */
async function allInputs(request: FileRequest): Promise<readonly FoundInputs[]> {
  const kustomized = (request.kustomize ?? []).map((folder): FoundInputs => {
    // kubectl renders URLs of repositories too.
    const path = isUrl(folder) ? folder : resolve(request.cwd, folder);
    // The path of a file in the folder, because a Dockerfile beside the source may belong to the Service.
    const input = {
      path: isUrl(folder) ? folder : join(path, "kustomization.yaml"),
      file: `${folder} (kustomize)`,
      read: () => renderKustomize(path),
    };
    return { inputs: [input], watched: [path], findings: [] };
  });
  const named = request.given.length === 0 && kustomized.length > 0 ? [] : namedFiles(request);
  if (named.length + kustomized.length > 0) {
    return [...(await Promise.all(named.map(([base, name]) => namedInputs(name, base, request)))), ...kustomized];
  }
  const home = request.project?.folder ?? request.cwd;
  const { files, folder } = await discover(home);
  const inputs = files.map((path) => fileInput(request.cwd, path));
  const tool =
    files.length > 0 ? undefined : (await namesIn(home)).map(toolFileOf).find((found) => found !== undefined);
  const shown = displayPath(request.cwd, home);
  const findings = tool
    ? [{ severity: "warning", message: `this is ${tool.what}`, file: shown, fix: tool.fix(shown) } as const]
    : [];
  return [{ inputs, folders: folder === undefined ? [] : [folder], watched: [], findings }];
}

/** Reads every file once, with a finding for each that cannot be read. */
export async function findFiles(request: FileRequest): Promise<{
  readonly sources: readonly ManifestSource[];
  /** Paths to watch: the sources, and named files that do not exist. */
  readonly paths: readonly string[];
  /** Named and discovered folders: a new manifest in one of them belongs to the project. */
  readonly folders: readonly string[];
  readonly findings: readonly ProjectFinding[];
}> {
  const found = await allInputs(request);
  const inputs = new Map(found.flatMap((each) => each.inputs).map((input) => [input.path, input]));
  const findings = found.flatMap((each) => each.findings);
  const sources: ManifestSource[] = [];
  for (const { path, file, read } of inputs.values()) {
    try {
      sources.push({ path, file, text: await read() });
    } catch (error) {
      findings.push(unreadable(error, file));
    }
  }
  const watched = [...inputs.keys(), ...found.flatMap((each) => each.watched)];
  return {
    sources,
    paths: watched.filter(isFilePath),
    folders: found.flatMap(({ folders = [] }) => folders),
    findings,
  };
}

/** Returns the finding about a text that cannot be read. */
export function unreadable(error: unknown, file: string): ProjectFinding {
  const { line, fix } = error instanceof TextError ? error : {};
  const place = line === undefined ? {} : { line, column: 1 };
  return { severity: "error", message: `cannot be read: ${errorText(error)}`, file, ...place, fix };
}

/** Possible paths of knap.yaml in order of preference: in the folders of `-f`, then in the current folder. */
export function projectFileCandidates(cwd: string, given: readonly string[]): readonly string[] {
  const folders = given.filter(isFilePath).flatMap((name) => [resolve(cwd, name), dirname(resolve(cwd, name))]);
  return [...new Set([...folders, cwd])].map((folder) => join(folder, "knap.yaml"));
}
