// Writes the launch configuration of a debugged Service to .vscode/launch.json.
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { errorText } from "../../base/errors.ts";
import type { DebugState } from "../../client/debug.ts";
import { makeLaunchEntry, withLaunchEntry } from "./launch-json.ts";

const WORKSPACE = "$" + "{workspaceFolder}";

/**
 * Resolves with the lines that tell what was written or why not. Never rejects: debugging works without the file.
 * `folder`: the working folder of the session.
 */
export async function writeLaunchEntry(state: DebugState, folder: string): Promise<readonly string[]> {
  const workspace = findWorkspace(folder);
  const entry = makeLaunchEntry(state, rootOf(state.localRoot, workspace));
  if (entry === undefined) return [];
  const path = join(workspace, ".vscode", "launch.json");
  try {
    const text = existsSync(path) ? await readFile(path, "utf8") : undefined;
    const changed = withLaunchEntry(text, entry);
    if (!changed.ok) return [`${path} is left alone: ${changed.error}`];
    if (changed.value === text) return [];
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, changed.value);
    return [`wrote "${entry.name}" to ${path}`];
  } catch (error) {
    return [`${path} cannot be written: ${errorText(error)}`];
  }
}

/** Returns the nearest folder of the repository with .vscode; else, or without a repository, the folder itself. */
function findWorkspace(folder: string): string {
  let found: string | undefined;
  for (let at = folder; dirname(at) !== at; at = dirname(at)) {
    if (existsSync(join(at, ".vscode"))) found ??= at;
    if (existsSync(join(at, ".git"))) return found ?? folder;
  }
  return folder;
}

function rootOf(localRoot: string | undefined, workspace: string): string {
  const path = localRoot === undefined ? "" : relative(workspace, localRoot);
  if (path.startsWith("..") || isAbsolute(path)) return localRoot ?? WORKSPACE;
  return path === "" ? WORKSPACE : `${WORKSPACE}/${path.split(sep).join("/")}`;
}
