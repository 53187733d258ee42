// Which files a command means: `-f`, else knap.yaml's `files`, else the usual names. It reads folders and files, never their meaning.
import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import type { ProjectFinding } from "../manifest/diagnostic.ts";

/** One file of manifests, read. */
export interface ManifestSource {
  /** Absolute; "-" for standard input. */
  readonly path: string;
  /** As messages name it: relative to the current folder where it is below it. */
  readonly file: string;
  readonly text: string;
}

export interface FileWish {
  readonly cwd: string;
  /** `-f` / KNAP_FILE, as given. Empty: look for them. */
  readonly given: readonly string[];
  /** Folder of knap.yaml and its `files`. */
  readonly project?: { readonly folder: string; readonly files: readonly string[] };
  readStdin(): Promise<string>;
  /** A named file that is not there: an error, or as if nobody had named it (its objects went with it). */
  readonly absent?: "error" | "left-out";
}

const YAML = /\.(ya?ml|json)$/i;
/** YAML files that are no manifests, whatever folder they stand in. */
const OTHERS = /^(knap|docker-compose(\..+)?|compose(\..+)?|package(-lock)?|tsconfig.*|\..+)\.(ya?ml|json)$/i;
const USUAL_NAMES = [/service\.dev\.ya?ml$/i, /service\.ya?ml$/i];
const USUAL_FOLDERS = ["knative", "k8s", "config"];

const isManifestName = (name: string): boolean => YAML.test(name) && !OTHERS.test(name);

/** How messages name a path. */
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

/** A file, or every manifest in a folder (as kubectl: not in the folders below). Rejects with what the system says. */
async function expand(path: string): Promise<readonly string[]> {
  const info = await stat(path);
  if (!info.isDirectory()) return [path];
  // Only a folder that was named must be readable.
  await readdir(path);
  return (await namesIn(path)).filter(isManifestName).map((name) => join(path, name));
}

/** A folder with a usual name counts only when a manifest of Knative's is in it: `config/` means many things. */
async function usualFolder(folder: string): Promise<readonly string[]> {
  const paths = (await namesIn(folder)).filter(isManifestName).map((name) => join(folder, name));
  const texts = await Promise.all(paths.map((path) => readFile(path, "utf8").catch(() => "")));
  const manifests = paths.filter((_, index) => /^\s*"?apiVersion"?\s*:/m.test(texts[index] ?? ""));
  return texts.some((text) => text.includes("serving.knative.dev/")) ? manifests : [];
}

/** The files with usual names, or those of a usual folder, and that folder. */
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

/** What is meant, as [base folder, names]: a folder whose knap.yaml lists files stands for those. */
function namedFiles({ cwd, given, project }: FileWish): readonly (readonly [string, string])[] {
  const listed = (project?.files ?? []).map((name) => [project?.folder ?? cwd, name] as const);
  if (given.length === 0) return listed;
  return given.flatMap((name) =>
    listed.length > 0 && name !== "-" && resolve(cwd, name) === project?.folder ? listed : [[cwd, name] as const],
  );
}

/** The files, read, with a finding for each that cannot be. Several mentions of one file count once. */
export async function findFiles(wish: FileWish): Promise<{
  readonly sources: readonly ManifestSource[];
  /** Those of the sources, those that were named and are not there, and the folder that was found to hold them. */
  readonly paths: readonly string[];
  readonly findings: readonly ProjectFinding[];
}> {
  const findings: ProjectFinding[] = [];
  const absent: string[] = [];
  const named = namedFiles(wish);
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
      if (isAbsent && wish.absent === "left-out") continue;
      const message = isAbsent ? "no such file or folder" : `cannot be read: ${found.message}`;
      findings.push({ severity: "error", message, file: name });
    } else if (found.length === 0)
      findings.push({ severity: "error", message: "no manifest in this folder", file: name });
    else for (const path of found) paths.add(path);
  }
  const discovered = named.length === 0 ? await discover(wish.project?.folder ?? wish.cwd) : { files: [] };
  for (const path of discovered.files) paths.add(path);
  const sources: ManifestSource[] = [];
  for (const path of paths) {
    const file = path === "-" ? "-" : displayPath(wish.cwd, path);
    try {
      sources.push({ path, file, text: path === "-" ? await wish.readStdin() : await readFile(path, "utf8") });
    } catch (error) {
      findings.push({ severity: "error", message: `cannot be read: ${(error as Error).message}`, file });
    }
  }
  const { folder } = discovered;
  return { sources, paths: [...paths, ...absent, ...(folder === undefined ? [] : [folder])], findings };
}

/** Where knap.yaml may stand, best first: the folders that `-f` names, then the current one. */
export function projectFileCandidates(cwd: string, given: readonly string[]): readonly string[] {
  const folders = given
    .filter((name) => name !== "-")
    .flatMap((name) => [resolve(cwd, name), dirname(resolve(cwd, name))]);
  return [...new Set([...folders, cwd])].map((folder) => join(folder, "knap.yaml"));
}
