// Reads the scripts of package.json files that an installation of the dependencies also runs.
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, posix } from "node:path";
import type { StringMap } from "../apis/meta/object.ts";
import type { DockerfileFacts, DockerfileStep } from "./dockerfile.ts";
import { readTextFile } from "./read-text.ts";

const INSTALL_SCRIPTS = ["preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare"];
/** `packages/web` is at this depth below the folder of its workspaces. */
const WORKSPACE_DEPTH = 2;

interface Package {
  readonly scripts: StringMap;
  readonly hasWorkspaces: boolean;
}

/**
 * Resolves with the commands of the package.json files that the Dockerfile copies, and of their workspaces. `context`:
 * absolute.
 */
export async function readInstallCommands({ steps }: DockerfileFacts, context: string): Promise<readonly string[]> {
  const folders = new Set(copiedFolders(steps).map((folder) => join(context, folder)));
  const commands = await Promise.all([...folders].map((folder) => commandsIn(folder)));
  return commands.flat();
}

/** Returns the commands among scripts that an installation runs. */
export function installCommands(scripts: StringMap): readonly string[] {
  return INSTALL_SCRIPTS.flatMap((name) => scripts[name] ?? []);
}

/** Resolves with package.json of a folder; undefined if there is none that can be read. */
export async function readPackage(folder: string): Promise<Package | undefined> {
  try {
    const { scripts, workspaces } = JSON.parse(await readTextFile(join(folder, "package.json")));
    const entries = Object.entries(scripts ?? {}).filter((entry) => typeof entry[1] === "string");
    const hasWorkspaces = workspaces !== undefined || existsSync(join(folder, "pnpm-workspace.yaml"));
    return { scripts: Object.fromEntries(entries) as StringMap, hasWorkspaces };
  } catch {
    return undefined;
  }
}

/** Returns the folders that have a package.json if the sources of COPY contain one, relative to the context. */
function copiedFolders(steps: readonly DockerfileStep[]): readonly string[] {
  return steps.flatMap((step) => {
    if (step.type === "stage") return copiedFolders(step.steps);
    const sources = step.type === "copy" ? step.sources : [];
    return sources
      .map((source) => (isFile(source) ? posix.dirname(source) : source))
      .filter((each) => !/[*?[]/.test(each));
  });
}

const isFile = (source: string): boolean => /^package\.json$|[*?[]/.test(posix.basename(source));

async function commandsIn(folder: string): Promise<readonly string[]> {
  const found = await readPackage(folder);
  if (found === undefined) return [];
  // Whether a package is a workspace depends on patterns. One that is none only makes more changes a rebuild.
  const below = found.hasWorkspaces ? await foldersBelow(folder, WORKSPACE_DEPTH) : [];
  const packages = await Promise.all(below.map(readPackage));
  return [found, ...packages].flatMap((each) => installCommands(each?.scripts ?? {}));
}

async function foldersBelow(folder: string, depth: number): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const folders = entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && entry.name !== "node_modules")
    .map(({ name }) => join(folder, name));
  const deeper = depth > 1 ? await Promise.all(folders.map((each) => foldersBelow(each, depth - 1))) : [];
  return [...folders, ...deeper.flat()];
}
