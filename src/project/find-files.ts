// Finds and reads the files of a project: `-f`, else knap.yaml's `files`, else files with usual names.
import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import type { ProjectFinding } from "../manifest/diagnostic.ts";

/** A manifest file and its text. */
export interface ManifestSource {
  /** Absolute; "-" for standard input. */
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
  readStdin(): Promise<string>;
  /** What a missing named file is: an error (default), or ignored. Watch mode ignores it and deletes its objects. */
  readonly absent?: "error" | "left-out" | undefined;
}

const YAML = /\.(ya?ml|json)$/i;
/** Names of YAML and JSON files that are never manifests. */
const NO_MANIFESTS = /^(knap|docker-compose(\..+)?|compose(\..+)?|package(-lock)?|tsconfig.*|\..+)\.(ya?ml|json)$/i;
const USUAL_NAMES = [/service\.dev\.ya?ml$/i, /service\.ya?ml$/i];
const USUAL_FOLDERS = ["knative", "k8s", "config"];

const isManifestName = (name: string): boolean => YAML.test(name) && !NO_MANIFESTS.test(name);

/** The name of a path in messages. */
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

/** A file, or every manifest in a folder; like kubectl, without subfolders. Rejects with the file system's error. */
async function expand(path: string): Promise<readonly string[]> {
  const info = await stat(path);
  if (!info.isDirectory()) return [path];
  // namesIn() treats an unreadable folder as empty; for a named folder that is an error.
  await readdir(path);
  return (await namesIn(path)).filter(isManifestName).map((name) => join(path, name));
}

/** The manifests of a folder with a usual name. Without a Knative manifest there are none: `config` is a common name. */
async function usualFolder(folder: string): Promise<readonly string[]> {
  const paths = (await namesIn(folder)).filter(isManifestName).map((name) => join(folder, name));
  const texts = await Promise.all(paths.map((path) => readFile(path, "utf8").catch(() => "")));
  const manifests = paths.filter((_, index) => /^\s*"?apiVersion"?\s*:/m.test(texts[index] ?? ""));
  return texts.some((text) => text.includes("serving.knative.dev/")) ? manifests : [];
}

/** The files with usual names, else the manifests of the first usual folder, and that folder. */
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

/** The named files as [base folder, name]. A folder whose knap.yaml lists `files` stands for these files. */
function namedFiles({ cwd, given, project }: FileRequest): readonly (readonly [string, string])[] {
  const listed = (project?.files ?? []).map((name) => [project?.folder ?? cwd, name] as const);
  if (given.length === 0) return listed;
  return given.flatMap((name) =>
    listed.length > 0 && name !== "-" && resolve(cwd, name) === project?.folder ? listed : [[cwd, name] as const],
  );
}

/** Reads every file once, with a finding for each that cannot be read. */
export async function findFiles(request: FileRequest): Promise<{
  readonly sources: readonly ManifestSource[];
  /** Paths to watch: the sources, named files that do not exist, and the discovered folder. */
  readonly paths: readonly string[];
  readonly findings: readonly ProjectFinding[];
}> {
  const findings: ProjectFinding[] = [];
  const absent: string[] = [];
  const named = namedFiles(request);
  const paths = new Set<string>();
  for (const [base, name] of named) {
    if (name === "-") {
      paths.add("-");
      continue;
    }
    const found = await expand(resolve(base, name)).catch((error: NodeJS.ErrnoException) => error);
    if (found instanceof Error) {
      const isAbsent = found.code === "ENOENT" || found.code === "ENOTDIR";
      if (isAbsent) absent.push(resolve(base, name));
      if (isAbsent && request.absent === "left-out") continue;
      const message = isAbsent ? "no such file or folder" : `cannot be read: ${found.message}`;
      findings.push({ severity: "error", message, file: name });
    } else if (found.length === 0)
      findings.push({ severity: "error", message: "there is no manifest in this folder", file: name });
    else for (const path of found) paths.add(path);
  }
  const discovered = named.length === 0 ? await discover(request.project?.folder ?? request.cwd) : { files: [] };
  for (const path of discovered.files) paths.add(path);
  const sources: ManifestSource[] = [];
  for (const path of paths) {
    const file = path === "-" ? "-" : displayPath(request.cwd, path);
    try {
      sources.push({ path, file, text: path === "-" ? await request.readStdin() : await readFile(path, "utf8") });
    } catch (error) {
      findings.push({ severity: "error", message: `cannot be read: ${(error as Error).message}`, file });
    }
  }
  const { folder } = discovered;
  return { sources, paths: [...paths, ...absent, ...(folder === undefined ? [] : [folder])], findings };
}

/** Possible paths of knap.yaml in order of preference: in the folders of `-f`, then in the current folder. */
export function projectFileCandidates(cwd: string, given: readonly string[]): readonly string[] {
  const folders = given
    .filter((name) => name !== "-")
    .flatMap((name) => [resolve(cwd, name), dirname(resolve(cwd, name))]);
  return [...new Set([...folders, cwd])].map((folder) => join(folder, "knap.yaml"));
}
