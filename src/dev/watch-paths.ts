// chokidar, held on a short leash: files and folders in, "something changed" out. What changed is read from disk by those who ask.
import { stat } from "node:fs/promises";
import { dirname, sep } from "node:path";
import { type FSWatcher, watch } from "chokidar";
import type { Clock, Time } from "../base/clock.ts";

/** Never worth a look, wherever it stands; what else counts is decided by content. */
const NOISE = /[\\/](\.git|\.hg|\.svn|\.knap|node_modules)([\\/]|$)|(~|\.sw[a-z]|\.tmp)$/;
/** Files that count beside those that are followed: they may be what the next look finds. */
const FOUND_BY_NAME = /(^|[\\/])knap\.yaml$|service(\.dev)?\.ya?ml$/i;

export interface WatchedPaths extends AsyncDisposable {
  /** Watches these from now on, also, and others no more. Resolves when all are watched. */
  follow(paths: readonly string[]): Promise<void>;
}

export function watchPaths(changed: (path: string) => void): WatchedPaths {
  const options = { ignored: (path: string) => NOISE.test(path), ignoreInitial: true };
  const files = new Set<string>();
  const folders = follower(watch([], options), changed);
  // A file is watched by way of its folder: one that is deleted and comes back, or is not there yet, would else be lost.
  const parents = follower(watch([], { ...options, depth: 0 }), (path) => {
    if (files.has(path) || FOUND_BY_NAME.test(path)) changed(path);
  });
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

/** Keeps what one watcher watches in step with what is wanted. */
function follower(watcher: FSWatcher, changed: (path: string) => void) {
  const known = new Set<string>();
  // Told once, after the first paths.
  const ready = new Promise<void>((resolve) => watcher.once("ready", () => resolve()));
  watcher.on("all", (_event, path) => {
    // Leaving a folder leaves watchers of those below it behind.
    if ([...known].some((root) => path === root || path.startsWith(root + sep))) changed(path);
  });
  // A folder that cannot be read is a folder that is not watched; reading it for use will say so.
  watcher.on("error", () => {});
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

export interface Batcher extends Disposable {
  touch(): void;
}

export interface BatchTimes {
  readonly quietMs: number;
  readonly longestMs: number;
}

/** Product's figures: 150 ms of quiet, at most 2 s. */
export const saveTimes: BatchTimes = { quietMs: 150, longestMs: 2000 };

export function makeBatcher(clock: Clock, times: BatchTimes, run: () => void): Batcher {
  let timer: Disposable | undefined;
  let first: Time | undefined;
  const fire = (): void => {
    timer = undefined;
    first = undefined;
    run();
  };
  return {
    touch() {
      const now = clock.now();
      first ??= now;
      timer?.[Symbol.dispose]();
      timer = clock.at(Math.min(now + times.quietMs, first + times.longestMs), fire);
    },
    [Symbol.dispose]: () => timer?.[Symbol.dispose](),
  };
}
