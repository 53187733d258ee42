// Detects files that programs, not people, keep changing, and stops them from starting deployments. Pure.
import type { Time } from "../base/clock.ts";

/** File → hash of its content. */
export type FileHashes = ReadonlyMap<string, string>;

/** Returns the files that differ, in the order of their names. */
export function changedFiles(before: FileHashes, after: FileHashes): readonly string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name) !== after.get(name)).sort();
}

/** Up to this many deployments in a row are normal, for example while a person edits a file. */
const NORMAL_ROUNDS = 5;
/**
 * A sync or restart is so cheap that a person may save again at once. It counts as normal until there were so many, and
 * for at least this time.
 */
const IN_PLACE_ROUNDS = 50;
const IN_PLACE_MS = 60_000;
/** A program that writes a file of code when it starts does so within this time after a deployment. */
const CODE_WINDOW_MS = 5000;
/** The same for other files: people edit them rarely. */
const WINDOW_MS = 10_000;
/** A blocked file is deployed when it has not changed for this time, doubled with every further deployment. */
const QUIET_MS = 10_000;
const MAX_QUIET_MS = 300_000;

/** Files that people edit often: code, templates and settings. */
const CODE =
  /\.([cm]?[jt]sx?|c|cc|cljs?|cpp|cs|css|dart|ejs|erb|ex|exs|fs|go|gradle|h|hbs|hpp|hs|html?|java|jinja2?|kts?|less|lua|md|mod|php|pl|properties|proto|pug|py|rb|rs|s[ac]ss|scala|sh|sql|svelte|swift|tmpl|toml|vue|xml|ya?ml|zig)$|(^|\/)([A-Z][A-Za-z]*|package\.json|tsconfig.*\.json|\.env.*)$/;

/** Files that programs write. The match is the folder or the suffix, which identifies similar files. */
const DATA =
  /^(?:.*?\/)?(?:data|logs?|uploads?|tmp)\/|\.(?:log|jsonl|ndjson|db|sqlite3?|rdb|aof|pid|tmp)(?:-wal|-shm|-journal)?$/;

/** Returns the folder or suffix of a file that programs write; undefined: a person may have edited it. */
const dataGroup = (name: string): string | undefined => (CODE.test(name) ? undefined : DATA.exec(name)?.[0]);

/** What changed files cause: a new revision, a restart of processes, or a sync into containers. */
export type ChangeEffect = "revision" | "restart" | "sync";

/** A process can write its own sources again when it restarts. A container cannot write files of this machine. */
function isCheap(name: string, effect: ChangeEffect): boolean {
  return effect === "sync" ? dataGroup(name) === undefined : effect === "restart" && CODE.test(name);
}

export interface BlockedChanges {
  readonly files: readonly string[];
  /** When to check again; undefined: changes of these files alone start no deployment any more. */
  readonly retryAt: Time | undefined;
  /** The files were not blocked at the last check. */
  readonly isNew: boolean;
}

/** Deployments in a row that probably no person caused. */
interface Streak {
  /** The files of all its deployments. */
  readonly files: ReadonlySet<string>;
  readonly rounds: number;
  readonly since: Time;
  /** The end of the last deployment, or its start while it is under way. */
  readonly last: Time;
  /** The changes that the last deployment contains. */
  readonly content: string;
}

/** Decides for one Service which file changes start a deployment. */
export class ChangeBrake {
  #streak: Streak | undefined;
  /** The content of the blocked files that are not ignored, and when to deploy it. */
  #waiting: { readonly content: string; readonly retryAt: Time } | undefined;
  /** Folders and suffixes of files whose changes alone start no deployment any more. */
  readonly #ignored = new Set<string | undefined>();

  /**
   * Returns the changes if they must not start a deployment; otherwise counts a deployment. A change of another file,
   * probably by a person, deploys blocked files too.
   */
  check(
    before: FileHashes,
    after: FileHashes,
    { now, effect }: { readonly now: Time; readonly effect: ChangeEffect },
  ): BlockedChanges | undefined {
    const all = changedFiles(before, after);
    const isNotIgnored = (name: string): boolean => !this.#ignored.has(dataGroup(name));
    const contentOf = (names: readonly string[]): string =>
      JSON.stringify(names.map((name) => [name, after.get(name)]));
    const files = all.filter(isNotIgnored);
    if (all.length === 0) return undefined;
    if (files.length === 0) return { files: all, retryAt: undefined, isNew: false };
    // This deployment has started before, and was cancelled or failed.
    if (this.#streak?.content === contentOf(files)) return undefined;
    const isContinued = this.#continues(files, before, now);
    const { files: known = [], rounds = 0, since = now } = (isContinued ? this.#streak : undefined) ?? {};
    const isPatient = files.every((name) => isCheap(name, effect));
    const isNormal = isPatient && (rounds < IN_PLACE_ROUNDS || now - since < IN_PLACE_MS);
    if (rounds >= NORMAL_ROUNDS && !isNormal) {
      for (const group of files.map(dataGroup)) if (group !== undefined) this.#ignored.add(group);
      const rest = files.filter(isNotIgnored);
      if (rest.length === 0) return { files: all, retryAt: undefined, isNew: true };
      const blocked = this.#wait(rest, contentOf(rest), rounds, now);
      if (blocked !== undefined) return blocked;
    }
    const content = contentOf(files);
    const next = { rounds: rounds + 1, files: new Set([...known, ...files]), since, last: now, content };
    // After a change by a person, the files that were blocked before are blocked again.
    const wasBlocked = this.#waiting !== undefined && !isContinued;
    this.#streak = wasBlocked && this.#streak ? { ...this.#streak, last: now, content: next.content } : next;
    this.#waiting = undefined;
    return undefined;
  }

  /** Returns the changes until they have been the same for some time. */
  #wait(files: readonly string[], content: string, rounds: number, now: Time): BlockedChanges | undefined {
    const isNew = this.#waiting === undefined;
    if (this.#waiting?.content !== content) {
      const quietMs = Math.min(MAX_QUIET_MS, QUIET_MS * 2 ** (rounds - NORMAL_ROUNDS));
      this.#waiting = { content, retryAt: now + quietMs };
    }
    const { retryAt } = this.#waiting;
    return now < retryAt ? { files, retryAt, isNew } : undefined;
  }

  /** Notes the end of the deployment that {@link check} counted. */
  deployed(now: Time): void {
    if (this.#streak !== undefined) this.#streak = { ...this.#streak, last: now };
  }

  /** Releases all files, for example because the user asked for a rebuild. */
  release(): void {
    this.#streak = undefined;
    this.#waiting = undefined;
    this.#ignored.clear();
  }

  /**
   * Returns true if probably no person made the changes: soon after the last deployment, or while changes are blocked.
   * New names count if the files are no code; while changes are blocked, only those of new files.
   */
  #continues(files: readonly string[], before: FileHashes, now: Time): boolean {
    const streak = this.#streak;
    if (streak === undefined) return false;
    const isBlocked = this.#waiting !== undefined;
    const age = isBlocked ? 0 : now - streak.last;
    return files.every((name) => {
      if (CODE.test(name)) return streak.files.has(name) && age <= CODE_WINDOW_MS;
      return age <= WINDOW_MS && (!isBlocked || streak.files.has(name) || !before.has(name));
    });
  }
}
