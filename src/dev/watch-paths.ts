// Reports changed paths with chokidar.
import { type Stats, statSync } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import { watch } from "chokidar";
import { SerialQueue } from "../base/serial-queue.ts";
import { ifReadable } from "./file-errors.ts";
import { isNoise } from "./source-files.ts";

/**
 * Names of files that the next load may discover. Their changes are reported although no watched path contains them.
 */
const DISCOVERED_NAMES = /(^|[\\/])knap\.yaml$|service(\.dev)?\.ya?ml$/i;

/** Files that decide which other files count, wherever they are. */
const DECIDING_NAMES = /(^|[\\/])(\.gitignore|[^\\/]*\.dockerignore|package\.json)$/;

/** Returns true if a change of the file can change the project, so that it is loaded again. */
export const isProjectFile = (path: string): boolean => DISCOVERED_NAMES.test(path) || DECIDING_NAMES.test(path);

const isDiscoverable = (path: string): boolean => DISCOVERED_NAMES.test(path);

/** Whether the absolute path is `root` or below it. */
export const isWithin = (root: string, path: string): boolean => path === root || path.startsWith(root + sep);

export interface WatchedPaths extends AsyncDisposable {
  /** Watches exactly these paths from now on. Resolves when all are watched. */
  follow(paths: readonly string[]): Promise<void>;
}

/** Error of a watcher → the setting of Linux that limits it. */
const LIMITS: Readonly<Record<string, string>> = {
  ENOSPC: "fs.inotify.max_user_watches",
  EMFILE: "fs.inotify.max_user_instances",
};

/** `limited`: called once with the setting if the system allows no more watchers, so that changes are missed. */
export function watchPaths(changed: (path: string) => void, limited: (setting: string) => void): WatchedPaths {
  const files = new Set<string>();
  const following = new SerialQueue();
  let wanted: readonly string[] = [];
  let isLimited = false;
  const failed = (error: unknown): void => {
    const setting = LIMITS[(error as NodeJS.ErrnoException).code ?? ""];
    // An unreadable folder is not watched. Loading the project reports it.
    if (setting === undefined || isLimited) return;
    isLimited = true;
    limited(setting);
  };
  const folders = follower({}, changed, failed);
  // Files are watched through their folder: a watcher of the file itself ends when the file is deleted.
  const reportIn = (path: string): void => {
    const isNamed = files.has(path) || isDiscoverable(path);
    if (isNamed) changed(path);
    const below = isNamed ? [] : [...files].filter((file) => isWithin(path, file));
    // A folder of these files was deleted or created. Changes until the new folder is watched are not reported.
    if (below.length > 0) void following.run(follow).then(() => below.forEach(changed));
  };
  const parents = follower({ depth: 0 }, reportIn, failed);
  const follow = async (): Promise<void> => {
    const paths = wanted;
    const kinds = await Promise.all(paths.map((path) => stat(path).catch(() => undefined)));
    const isFolder = (_: string, index: number): boolean => kinds[index]?.isDirectory() ?? false;
    const named = paths.filter((path, index) => !isFolder(path, index));
    files.clear();
    for (const path of named) files.add(path);
    await Promise.all([folders.follow(paths.filter(isFolder)), followParents(named)]);
  };
  const followParents = async (named: readonly string[]): Promise<void> => {
    const found = await Promise.all(named.map(nearestFolder));
    await parents.follow(found);
    // A folder may have been created before the one above it was watched.
    const now = await Promise.all(named.map(nearestFolder));
    if (now.some((folder, index) => folder !== found[index])) await followParents(named);
  };
  return {
    follow(paths) {
      wanted = paths;
      return following.run(follow);
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([folders.close(), parents.close()]);
    },
  };
}

/** Resolves with the innermost folder above the path that exists. */
async function nearestFolder(path: string): Promise<string> {
  const folder = dirname(path);
  const found = await stat(folder).catch(() => undefined);
  return found?.isDirectory() || folder === path ? folder : nearestFolder(folder);
}

/** Returns the path that a system event is about: an entry of a watched folder, or the watched path itself. */
function rawPath(name: unknown, details: unknown): string {
  const { watchedPath } = details as { readonly watchedPath: string };
  const isFolder = ifReadable(() => statSync(watchedPath))?.isDirectory() ?? false;
  return isFolder && typeof name === "string" ? join(watchedPath, name) : watchedPath;
}

/** Adds to and removes from one watcher until it watches the wanted paths. */
function follower(
  options: { readonly depth?: number },
  changed: (path: string) => void,
  failed: (error: unknown) => void,
) {
  const known = new Set<string>();
  const rootsOf = (path: string): readonly string[] => [...known].filter((root) => isWithin(root, path));
  // A root may itself be in a folder such as .cache, so only the path below it counts.
  const ignored = (path: string, stats?: Stats): boolean => {
    // chokidar would watch everything behind a link, which can be the whole file system or the folder itself.
    if (options.depth === undefined && stats?.isSymbolicLink() === true && !known.has(path)) return true;
    const roots = rootsOf(path);
    return roots.length > 0 && roots.every((root) => isNoise(path.slice(root.length)));
  };
  const report = (path: string): void => {
    // After unwatch() of a folder, chokidar still reports changes in its subfolders.
    if (rootsOf(path).length > 0 && !ignored(path)) changed(path);
  };
  // chokidar does not watch a deleted root again when it is created, so that the next call of follow() adds it anew.
  const forget = (path: string): void => {
    if (!known.delete(path)) return;
    unwatch([path]);
    changed(path);
  };
  const open = () => {
    const watcher = watch([], { ...options, ignored, ignoreInitial: true });
    // chokidar emits "ready" once, after the first paths.
    const ready = new Promise<void>((resolve) => watcher.once("ready", () => resolve()));
    watcher.on("all", (event, path) => {
      report(path);
      if (event === "unlinkDir") forget(path);
    });
    // chokidar drops events of a file that changes, or is deleted and created, several times in 100 ms.
    watcher.on("raw", (event, name, details) => {
      report(rawPath(name, details));
      // The deletion of a watched folder has its own name. chokidar misses it if the folder is empty or exists again.
      const { watchedPath } = details as { readonly watchedPath: string };
      if (event === "rename" && name === basename(watchedPath)) forget(watchedPath);
    });
    watcher.on("error", failed);
    return { watcher, ready };
  };
  let current = open();
  /** The watcher ignores what is below these folders, also roots that are added later. */
  const unwatched = new Set<string>();
  const unwatch = (paths: readonly string[]): void => {
    for (const path of paths) unwatched.add(path);
    current.watcher.unwatch([...paths]);
  };
  const isIgnored = (path: string): boolean => [...unwatched].some((root) => root !== path && isWithin(root, path));
  return {
    async follow(paths: readonly string[]): Promise<void> {
      const wanted = new Set(paths);
      const gone = [...known].filter((path) => !wanted.has(path));
      const fresh = [...wanted].filter((path) => !known.has(path));
      for (const path of gone) known.delete(path);
      for (const path of fresh) known.add(path);
      if (gone.length > 0) unwatch(gone);
      if (fresh.length === 0) return;
      const before = current;
      const isRenewed = fresh.some(isIgnored);
      if (isRenewed) {
        current = open();
        unwatched.clear();
      }
      current.watcher.add(isRenewed ? [...wanted] : fresh);
      for (const path of fresh) unwatched.delete(path);
      await current.ready;
      if (isRenewed) await before.watcher.close();
    },
    close: () => current.watcher.close(),
  };
}
