// Decides what changed files of a Service need: nothing, a sync, or a new revision. Pure.
import type { SyncCommand, SyncedFile } from "../node/agent/file-sync.ts";
import type { RuleCommand } from "../project/project.ts";
import type { WatchMatcher } from "./watch-matcher.ts";

/** A file whose content differs from what the instances have. */
export interface ChangedFile {
  /** Relative to the source folder, with / as separator. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** It does not exist any more. */
  readonly isGone: boolean;
}

export type ChangePlan =
  | { readonly action: "none" }
  | {
      readonly action: "sync";
      /** Deleted files come first, because a folder may replace a file. */
      readonly files: readonly SyncedFile[];
      readonly restart: boolean;
      readonly commands: readonly SyncCommand[];
      /** What the user must know about later instances. */
      readonly notice?: string | undefined;
    }
  | { readonly action: "rebuild" /** Why a sync is not enough, if a rule says sync. */; readonly reason?: string };

export interface ChangeContext {
  readonly matchers: readonly WatchMatcher[];
  /** Whether a file determines the image, whatever the rules say: the Dockerfile or the settings of the build. */
  isBuildFile(name: string): boolean;
  /** Whether a file that no rule covers is part of the build. */
  isSource(path: string): boolean;
  /** Whether the image has the file, so that a sync deletes it only in running instances. */
  isInImage(name: string): boolean;
  /** knap builds the image, so that a new one can be without a file. */
  readonly isBuilt: boolean;
}

/** Returns the plan for instances in containers. The strongest action of all files wins. */
export function planContainerChange(changes: readonly ChangedFile[], context: ChangeContext): ChangePlan {
  const gone = new Map<string, SyncedFile>();
  const written = new Map<string, SyncedFile>();
  const commands = new Map<RuleCommand, SyncCommand>();
  let restart = false;
  let reason: string | undefined;
  let notice: string | undefined;
  for (const change of changes) {
    if (context.isBuildFile(change.name)) return { action: "rebuild" };
    const matching = context.matchers.filter((matcher) => matcher.matches(change.path));
    if (matching.length === 0 && context.isSource(change.path)) return { action: "rebuild" };
    for (const { rule, targetOf } of matching) {
      if (rule.action === "rebuild") return { action: "rebuild" };
      restart ||= rule.action === "restart" || rule.action === "sync+restart";
      if (rule.action === "restart") continue;
      if (change.isGone && context.isInImage(change.name)) {
        if (context.isBuilt) reason ??= `${change.name} was deleted, and the image has it`;
        else notice ??= `${change.name} is deleted in running instances; later ones have it again if the image has it`;
      }
      if (rule.exec !== undefined) commands.set(rule.exec, rule.exec);
      const target = targetOf(change.path);
      (change.isGone ? gone : written).set(target, { target, source: change.isGone ? undefined : change.path });
    }
  }
  if (reason !== undefined) return { action: "rebuild", reason };
  if (written.size + gone.size === 0 && !restart) return { action: "none" };
  const files = [...gone.values(), ...written.values()];
  return { action: "sync", files, restart, commands: [...commands.values()], ...(notice !== undefined && { notice }) };
}

/**
 * Returns the plan for processes, which read the changed files themselves: a restart, unless only rules with `sync`
 * cover the files. `reloads`: the command reloads files that no rule covers.
 */
export function planProcessChange(
  changes: readonly ChangedFile[],
  { matchers, isBuildFile, isSource, reloads }: ChangeContext & { readonly reloads: boolean },
): ChangePlan {
  if (changes.some(({ name }) => isBuildFile(name))) return { action: "rebuild" };
  const needsRestart = ({ path }: ChangedFile): boolean => {
    const matching = matchers.filter((matcher) => matcher.matches(path));
    return matching.length === 0 ? !reloads && isSource(path) : matching.some(({ rule }) => rule.action !== "sync");
  };
  if (!changes.some(needsRestart)) return { action: "none" };
  return { action: "sync", files: [], restart: true, commands: [] };
}
