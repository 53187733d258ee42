// Evaluates .gitignore files as git does, from the folder of the repository down to the folder of each path.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";

interface Rule {
  readonly pattern: RegExp;
  readonly isNegated: boolean;
  readonly foldersOnly: boolean;
}

const GLOB = /\*\*\/|\/\*\*$|\*+|\?|\[!?\]?[^\]]*\]|\\?./gs;

function globToRegExp(glob: string): string {
  return glob.replace(GLOB, (part) => {
    if (part === "**/") return "(?:.*/)?";
    if (part === "/**") return "/.*";
    if (part.startsWith("*")) return "[^/]*";
    if (part === "?") return "[^/]";
    if (part.startsWith("[") && part.length > 1) return part.replace(/^\[!/, "[^").replace(/\\/g, "\\\\");
    return part.replace(/^\\/, "").replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  });
}

function parseRule(line: string): readonly Rule[] {
  const text = line.replace(/\r$/, "").replace(/(?<!\\) +$/, "");
  if (text === "" || text.startsWith("#")) return [];
  const isNegated = text.startsWith("!");
  const glob = text.slice(isNegated ? 1 : 0).replace(/\/$/, "");
  const anywhere = glob.includes("/") ? "" : "(?:.*/)?";
  try {
    const pattern = new RegExp(`^${anywhere}${globToRegExp(glob.replace(/^\//, ""))}$`, "s");
    return [{ pattern, isNegated, foldersOnly: text.endsWith("/") }];
  } catch {
    // git ignores patterns that it cannot parse.
    return [];
  }
}

function readRules(file: string): readonly Rule[] {
  try {
    return readFileSync(file, "utf8").split("\n").flatMap(parseRule);
  } catch {
    return [];
  }
}

/** Returns the folder of the git repository that contains `folder`; outside of a repository, `folder` itself. */
function repositoryOf(folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, ".git"))) return at;
    if (dirname(at) === at) return folder;
  }
}

/**
 * Returns true if git ignores a path. Paths are relative to `folder`, with / as separator. If the repository ignores
 * the whole folder, only the .gitignore files in the folder count.
 */
export function gitIgnores(folder: string): (path: string) => boolean {
  const root = repositoryOf(folder);
  const prefix = relative(root, folder).split(sep).join("/");
  const isIgnored = ignoredBelow(root);
  if (prefix === "") return isIgnored;
  return isIgnored(`${prefix}/`) ? ignoredBelow(folder) : (path) => isIgnored(`${prefix}/${path}`);
}

/** Reads each .gitignore file once. A path that ends with / is a folder. */
function ignoredBelow(root: string): (path: string) => boolean {
  const known = new Map<string, readonly Rule[]>([["", readRules(join(root, ".git", "info", "exclude"))]]);
  const rulesOf = (below: string): readonly Rule[] => {
    const rules = known.get(`${below}/`) ?? readRules(join(root, below, ".gitignore"));
    known.set(`${below}/`, rules);
    return rules;
  };
  const matches = (segments: readonly string[], isFolder: boolean): boolean => {
    const path = segments.join("/");
    let isIgnored = (known.get("") ?? []).some(({ pattern }) => pattern.test(path));
    for (let depth = 0; depth < segments.length; depth++) {
      const inside = segments.slice(depth).join("/");
      for (const { pattern, isNegated, foldersOnly } of rulesOf(segments.slice(0, depth).join("/"))) {
        if ((isFolder || !foldersOnly) && pattern.test(inside)) isIgnored = !isNegated;
      }
    }
    return isIgnored;
  };
  return (path) => {
    const segments = path.replace(/\/$/, "").split("/");
    const isFolder = (depth: number): boolean => depth < segments.length || path.endsWith("/");
    // A file in an ignored folder stays ignored, whatever later rules say.
    return segments.some((_, index) => matches(segments.slice(0, index + 1), isFolder(index + 1)));
  };
}
