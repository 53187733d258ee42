// Detects files that programs, not people, keep changing, and stops them from starting deployments. Pure.
import type { Time } from "../base/clock.ts";

/** File → hash of its content. */
export type FileHashes = ReadonlyMap<string, string>;

/** Returns the files that differ, in the order of their names. */
export function changedFiles(before: FileHashes, after: FileHashes): readonly string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name) !== after.get(name)).sort();
}

/** Up to this many deployments in a row for the same files are normal, for example while a person edits one file. */
const NORMAL_ROUNDS = 3;
/** A program that writes when it starts does so within this time after a deployment. */
const QUICK_MS = 5000;
/** The same for files that are not code: people edit them rarely. */
const DATA_QUICK_MS = 60_000;
/** A blocked file of code is deployed when it has not changed for this time, doubled with every further deployment. */
const QUIET_MS = 10_000;
const MAX_QUIET_MS = 300_000;

/** Files that people edit often: code, templates and settings. */
const CODE =
  /\.([cm]?[jt]sx?|c|cc|cpp|cs|css|ejs|erb|ex|exs|fs|go|gradle|h|hbs|hpp|html?|java|jinja2?|kts?|less|lua|md|mod|php|pl|properties|proto|pug|py|rb|rs|s[ac]ss|scala|sh|sql|svelte|swift|tmpl|toml|vue|xml|ya?ml)$|(^|\/)([A-Z][A-Za-z]*|package\.json|tsconfig.*\.json|\.env.*)$/;

export interface BlockedChanges {
  readonly files: readonly string[];
  /** When to check again; undefined: changes of these files alone start no deployment any more. */
  readonly retryAt: Time | undefined;
  /** The files were not blocked at the last check. */
  readonly isNew: boolean;
}

/** Deployments in a row that the same files caused. */
interface Streak {
  readonly files: readonly string[];
  readonly rounds: number;
  readonly last: Time;
}

/** Decides for one Service which file changes start a deployment. */
export class ChangeBrake {
  #streak: Streak | undefined;
  /** The content of the blocked files of code, and when to deploy it. */
  #waiting: { readonly content: string; readonly retryAt: Time } | undefined;
  readonly #ignored = new Set<string>();

  /**
   * Returns the changes if they must not start a deployment. A change of another file, probably by a person, deploys
   * blocked files too.
   */
  check(before: FileHashes, after: FileHashes, now: Time): BlockedChanges | undefined {
    const files = changedFiles(before, after);
    if (files.length === 0) return undefined;
    const isIgnored = (name: string): boolean => this.#ignored.has(name);
    if (files.every(isIgnored)) return { files, retryAt: undefined, isNew: false };
    const { rounds = 0 } = this.#continues(files, now) ? (this.#streak ?? {}) : {};
    if (rounds < NORMAL_ROUNDS) {
      this.#waiting = undefined;
      return undefined;
    }
    for (const name of files) if (!CODE.test(name)) this.#ignored.add(name);
    if (files.every(isIgnored)) return { files, retryAt: undefined, isNew: true };
    return this.#wait(files, JSON.stringify(files.map((name) => after.get(name))), rounds, now);
  }

  #wait(files: readonly string[], content: string, rounds: number, now: Time): BlockedChanges | undefined {
    const isNew = this.#waiting === undefined;
    if (this.#waiting?.content !== content) {
      const quietMs = Math.min(MAX_QUIET_MS, QUIET_MS * 2 ** (rounds - NORMAL_ROUNDS));
      this.#waiting = { content, retryAt: now + quietMs };
    }
    const { retryAt } = this.#waiting;
    if (now < retryAt) return { files, retryAt, isNew };
    this.#waiting = undefined;
    if (this.#streak !== undefined) this.#streak = { ...this.#streak, last: now };
    return undefined;
  }

  /** Remembers a deployment of changed files. */
  deployed(before: FileHashes, after: FileHashes, now: Time): void {
    const files = changedFiles(before, after);
    const streak = this.#continues(files, now) ? this.#streak : undefined;
    this.#streak = { files: streak?.files ?? files, rounds: (streak?.rounds ?? 0) + 1, last: now };
  }

  /** Releases all files, for example because the user asked for a rebuild. */
  release(): void {
    this.#streak = undefined;
    this.#waiting = undefined;
    this.#ignored.clear();
  }

  /** Returns true if only files of the streak changed, soon after its last deployment. */
  #continues(files: readonly string[], now: Time): boolean {
    const { files: known = [], last = 0 } = this.#streak ?? {};
    const age = this.#waiting === undefined ? now - last : 0;
    return files.every((name) => known.includes(name) && age <= (CODE.test(name) ? QUICK_MS : DATA_QUICK_MS));
  }
}
