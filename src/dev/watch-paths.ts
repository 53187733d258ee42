// chokidar, held on a short leash: files and folders in, "something below changed" out. What changed is read from disk by those who ask.
import { watch } from "chokidar";

/** Never worth a look, wherever it stands; what else counts is decided by content. */
const NOISE = /[\\/](\.git|\.hg|\.svn|\.knap|node_modules)([\\/]|$)|(~|\.sw[a-z]|\.tmp)$/;

export interface WatchedPaths extends AsyncDisposable {
  /** Watches these from now on, also, and others no more. Resolves when all are watched. */
  follow(paths: readonly string[]): Promise<void>;
}

export function watchPaths(changed: (path: string) => void): WatchedPaths {
  const watcher = watch([], {
    ignored: (path) => NOISE.test(path),
    ignoreInitial: true,
  });
  const known = new Set<string>();
  watcher.on("all", (_event, path) => changed(path));
  // A folder that cannot be read is a folder that is not watched; reading it for use will say so.
  watcher.on("error", () => {});
  return {
    async follow(paths) {
      const wanted = new Set(paths);
      const gone = [...known].filter((path) => !wanted.has(path));
      const fresh = [...wanted].filter((path) => !known.has(path));
      for (const path of gone) known.delete(path);
      for (const path of fresh) known.add(path);
      if (gone.length > 0) watcher.unwatch(gone);
      if (fresh.length === 0) return;
      const first = known.size === fresh.length;
      watcher.add(fresh);
      if (first) await new Promise<void>((resolve) => watcher.once("ready", () => resolve()));
    },
    [Symbol.asyncDispose]: () => watcher.close(),
  };
}
