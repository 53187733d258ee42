// Hashes the source files of a build context or process folder. It respects .dockerignore and follows no links.
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, sep } from "node:path";
import { contextIgnores } from "../node/image/build-context.ts";

/** Temporary files of editors, and folders that are never part of an image. */
const NOISE =
  /(^|\/)(\.git|\.hg|\.svn|\.knap|node_modules|\.DS_Store|4913|.*~|\.#.*|#.*#|.*\.sw[a-z]|___jb_.*|.*\.tmp)(\/|$)/;

/** Whether a path below the folder, with / as separator, is a source file. */
export type SourceFilter = (path: string) => boolean;

/**
 * The filter of a folder. `apart`: files in it that are no sources because they are watched separately (manifests,
 * knap.yaml).
 */
export function sourceFilter(folder: string, dockerfile: string, apart: ReadonlySet<string> = new Set()): SourceFilter {
  const ignored = contextIgnores(folder, dockerfile);
  return (path) => !NOISE.test(path) && !apart.has(join(folder, path)) && !ignored(path);
}

const slashed = (path: string): string => path.split(sep).join("/");

async function list(folder: string, below: string, counts: SourceFilter): Promise<readonly string[]> {
  const entries = await readdir(join(folder, below), { withFileTypes: true }).catch(() => []);
  const found = entries.map(async (entry) => {
    const path = join(below, entry.name);
    if (NOISE.test(slashed(path))) return [];
    // A later rule may include files of an ignored folder, so the filter is applied to files only.
    if (entry.isDirectory()) return list(folder, path, counts);
    return entry.isFile() && counts(slashed(path)) ? [path] : [];
  });
  return (await Promise.all(found)).flat();
}

/** A hash of 12 hex digits over names and contents of all source files. */
export async function hashSources(folder: string, counts: SourceFilter): Promise<string> {
  const hash = createHash("sha256");
  for (const path of [...(await list(folder, "", counts))].sort()) {
    const content = await readFile(join(folder, path)).catch(() => undefined);
    if (content !== undefined) hash.update(`${slashed(path)}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex").slice(0, 12);
}
