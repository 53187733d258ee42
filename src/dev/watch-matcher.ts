// Finds the watch rules that a changed file belongs to.
import { join, posix, relative } from "node:path";
import { makePatterns } from "../node/image/ignore-patterns.ts";
import type { WatchRule } from "../project/project.ts";
import { isNoise, slashed } from "./source-files.ts";
import { isWithin } from "./watch-paths.ts";

export interface WatchMatcher {
  readonly rule: WatchRule;
  /** `path`: absolute. */
  matches(path: string): boolean;
  /** Whether the rule would apply to the file without its `ignore`. */
  ignores(path: string): boolean;
  /** Returns the path in the container. Only for rules with a target. */
  targetOf(path: string): string;
}

/** `isExcluded`: files that no rule applies to. Only the path below that of a rule can be noise. */
export function makeMatcher(rule: WatchRule, isExcluded: (path: string) => boolean): WatchMatcher {
  const isIncluded = rule.include.length === 0 ? () => true : makePatterns(rule.include);
  const isIgnored = makePatterns(rule.ignore);
  const below = (path: string): string => slashed(relative(rule.path, path));
  const isCovered = (path: string): boolean => isWithin(rule.path, path) && !isExcluded(path);
  return {
    rule,
    matches(path) {
      if (!isCovered(path)) return false;
      // The rule may name one file, to which patterns do not apply.
      const name = below(path);
      return name === "" || (!isNoise(join("/", name)) && isIncluded(name) && !isIgnored(name));
    },
    ignores(path) {
      const name = below(path);
      return isCovered(path) && name !== "" && isIncluded(name) && isIgnored(name);
    },
    targetOf: (path) => posix.join(rule.target ?? "/", below(path)),
  };
}
