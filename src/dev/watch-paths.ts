// Reports changed paths with chokidar.
import { type Stats, statSync } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import { watch } from "chokidar";
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
  const parents = follower(
    { depth: 0 },
    (path) => {
      if (files.has(path) || isDiscoverable(path)) changed(path);
    },
    failed,
  );
  return {
    async follow(paths) {
      const kinds = await Promise.all(paths.map((path) => stat(path).catch(() => undefined)));
      const isFolder = (_: string, index: number): boolean => kinds[index]?.isDirectory() ?? false;
      const named = paths.filter((path, index) => !isFolder(path, index));
      files.clear();
      for (const path of named) files.add(path);
      await Promise.all([folders.follow(paths.filter(isFolder)), parents.follow(named.map((path) => dirname(path)))]);
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([folders.close(), parents.close()]);
    },
  };
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
  const watcher = watch([], { ...options, ignored, ignoreInitial: true });
  // chokidar emits "ready" once, after the first paths.
  const ready = new Promise<void>((resolve) => watcher.once("ready", () => resolve()));
  const report = (path: string): void => {
    // After unwatch() of a folder, chokidar still reports changes in its subfolders.
    if (rootsOf(path).length > 0 && !ignored(path)) changed(path);
  };
  // chokidar does not watch a deleted root again when it is created, so that the next call of follow() adds it anew.
  const forget = (path: string): void => {
    if (options.depth !== undefined || !known.has(path)) return;
    changed(path);
    known.delete(path);
    watcher.unwatch(path);
  };
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
  return {
    async follow(paths: readonly string[]): Promise<void> {
      const wanted = new Set(paths);
      const gone = [...known].filter((path) => !wanted.has(path));
      const fresh = [...wanted].filter((path) => !known.has(path));
      for (const path of gone) known.delete(path);
      for (const path of fresh) known.add(path);
      if (gone.length > 0) watcher.unwatch(gone);
      if (fresh.length === 0) return;
      watcher.add(fresh);
      await ready;
    },
    close: () => watcher.close(),
  };
}
