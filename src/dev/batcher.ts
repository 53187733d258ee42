// Batches changed paths: a save of one file is acted on at once, a change of many files once they are all written.
import { lstatSync } from "node:fs";
import type { Clock, Time } from "../base/clock.ts";
import { ifReadable } from "./file-errors.ts";

/** A batch of one path ends after this time without a change. */
const SINGLE_MS = 20;
/** A batch of several paths ends after this time without a change. */
const QUIET_MS = 150;
const LONGEST_MS = 2000;

/** A timer that is later than this means that reports of changes may wait in the event loop too. */
const STALLED_MS = 10;

export interface Batcher extends Disposable {
  /** `path`: absolute; undefined: something else than a file changed. */
  touch(path?: string): void;
}

/** Returns a text that differs after a later write, and "" for a file that does not exist. */
function fingerprintOf(path: string): string {
  const stats = ifReadable(() => lstatSync(path));
  return stats === undefined ? "" : `${stats.ino} ${stats.size} ${stats.mtimeMs}`;
}

/**
 * Calls `run` with each batch: the paths, and whether {@link Batcher.touch} was called without a path. Late reports of
 * a change that a batch contains start no batch. Early batches are checked again, in case the file was not complete.
 */
export function makeBatcher(
  clock: Clock,
  run: (paths: ReadonlySet<string>, isWhole: boolean) => void,
  fingerprint: (path: string) => string = fingerprintOf,
): Batcher {
  let timer: Disposable | undefined;
  let first: Time | undefined;
  let paths = new Set<string>();
  let isWhole = false;
  const rechecks = new Set<Disposable>();
  /** Path → its state in its last batch. */
  const batched = new Map<string, string>();

  const fire = (due: Time): void => {
    if (clock.now() - due > STALLED_MS && clock.now() - (first ?? due) < LONGEST_MS) {
      arm();
      return;
    }
    const [batch, whole] = [paths, isWhole];
    [timer, first, paths, isWhole] = [undefined, undefined, new Set(), false];
    for (const path of batch) batched.set(path, fingerprint(path));
    const [single] = batch.size === 1 && !whole ? batch : [];
    if (single !== undefined) recheck(single);
    run(batch, whole);
  };
  const arm = (): void => {
    const now = clock.now();
    first ??= now;
    timer?.[Symbol.dispose]();
    const quietMs = paths.size === 1 && !isWhole ? SINGLE_MS : QUIET_MS;
    const due = Math.min(now + quietMs, first + LONGEST_MS);
    timer = clock.at(due, () => fire(due));
  };
  const recheck = (path: string): void => {
    const check = clock.at(clock.now() + QUIET_MS, () => {
      rechecks.delete(check);
      batcher.touch(path);
    });
    rechecks.add(check);
  };
  const batcher: Batcher = {
    touch(path) {
      if (path === undefined) isWhole = true;
      else if (batched.get(path) === fingerprint(path)) return;
      else paths.add(path);
      arm();
    },
    [Symbol.dispose]() {
      for (const each of [timer, ...rechecks]) each?.[Symbol.dispose]();
    },
  };
  return batcher;
}
