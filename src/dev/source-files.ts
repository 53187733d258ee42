// Finds the source files of a build context or process folder. Does not follow symbolic links.
import { readdir } from "node:fs/promises";
import { join, sep } from "node:path";
import { servingContainer } from "../apis/core/pod.ts";
import { contextIgnores } from "../node/image/build-context.ts";
import type { ProjectService } from "../project/project.ts";
import { isForbidden, isGone } from "./file-errors.ts";
import { gitIgnores } from "./git-ignore.ts";
import type { IsOwnFile } from "./own-files.ts";

/** Folders of tools, which are never sources and often large. */
const TOOL_FOLDERS =
  "\\.git|\\.hg|\\.svn|\\.knap|\\.vscode|\\.idea|node_modules|__pycache__|\\.next|\\.nuxt|\\.svelte-kit|\\.turbo|\\.parcel-cache|\\.cache|\\.nyc_output|\\.pytest_cache|\\.mypy_cache|\\.ruff_cache|\\.gradle|coverage";
/** Temporary files of editors and systems. */
const TEMPORARY = "\\.DS_Store|4913|.*~|\\.#.*|#.*#|.*\\.sw[a-z]|.*___jb_.*|.*\\.(tmp|bak)";
/** Files that running programs write: logs, bytecode, databases. */
const WRITTEN = ".*\\.log|.*\\.pyc|.*\\.pid|.*\\.(db|sqlite|sqlite3)(-journal|-wal|-shm)?";
const NOISE = new RegExp(`(^|[\\\\/])(${TOOL_FOLDERS}|${TEMPORARY}|${WRITTEN})([\\\\/]|$)`);

/** Returns true if a path, relative or absolute, is that of a tool, an editor or a running program. */
export function isNoise(path: string): boolean {
  return NOISE.test(path);
}

/**
 * Returns the folder whose files make a new revision: the build context or, for a process, its working folder. A
 * command of the manifest runs in `cwd`, which is watched only if it is the folder of the manifest: it could be a home
 * folder.
 */
export function sourceFolderOf(
  { build, start, object, folder }: ProjectService,
  { isBuilt, cwd }: { readonly isBuilt: boolean; readonly cwd: string },
): string | undefined {
  if (isBuilt) return build?.context;
  if (start !== undefined) return start.folder;
  const command = servingContainer(object.spec?.template?.spec?.containers ?? [])?.command ?? [];
  return command.length > 0 && folder === cwd ? cwd : undefined;
}

/** Whether a path below the folder, with / as separator, is a source file. */
export type SourceFilter = (path: string) => boolean;

export interface SourceRules {
  readonly folder: string;
  /** The Dockerfile, whose own .dockerignore overrides that of the folder. */
  readonly dockerfile: string;
  /** Absolute paths of files that are watched separately, such as manifests. */
  readonly inputs: ReadonlySet<string>;
  readonly isOwnFile: IsOwnFile;
}

/**
 * Returns the filter of a folder: no noise, no files of knap, and nothing that .dockerignore or .gitignore excludes.
 */
export function sourceFilter({ folder, dockerfile, inputs, isOwnFile }: SourceRules): SourceFilter {
  const contextIgnored = contextIgnores(folder, dockerfile);
  const gitIgnored = gitIgnores(folder);
  return (path) => {
    const absolute = join(folder, path);
    return (
      !isNoise(path) && !inputs.has(absolute) && !contextIgnored(path) && !gitIgnored(path) && !isOwnFile(absolute)
    );
  };
}

export const slashed = (path: string): string => path.split(sep).join("/");

/**
 * Resolves with the absolute paths of the files and symbolic links of a folder, or with that of a file, for which
 * `isWanted` returns true. A folder that may not be read counts as empty.
 */
export async function listFiles(root: string, isWanted: (path: string) => boolean): Promise<readonly string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch((error: unknown) => {
    if (!isGone(error) && !isForbidden(error)) throw error;
    return undefined;
  });
  if (entries === undefined) return isWanted(root) ? [root] : [];
  const found = entries.map(async (entry) => {
    const path = join(root, entry.name);
    if (isNoise(entry.name)) return [];
    // A later rule may include files of an ignored folder, so the filter is applied to files only.
    if (entry.isDirectory()) return listFiles(path, isWanted);
    return (entry.isFile() || entry.isSymbolicLink()) && isWanted(path) ? [path] : [];
  });
  return (await Promise.all(found)).flat();
}
