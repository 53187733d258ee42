// Hashes files without following symbolic links. A file counts as gone only if the system says so.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readFile, readlink } from "node:fs/promises";
import { dirname } from "node:path";
import { sha256Hex } from "../base/hash.ts";
import { isForbidden, isGone } from "./file-errors.ts";
import { isWithin } from "./watch-paths.ts";

/** Bounds open files and memory. */
const AT_ONCE = 32;
/** Bytes. Larger files are read in parts. */
const LARGE = 1024 * 1024;

/**
 * Resolves with each path, in order, and a hash of its content, or the target of a symbolic link; undefined if there is
 * no file, or if a folder between it and all `roots` around it is a symbolic link. Rejects if a file cannot be read for
 * another reason than missing permission.
 */
export async function hashFiles(
  paths: Iterable<string>,
  roots: readonly string[],
): Promise<readonly (readonly [string, string | undefined])[]> {
  const isBelowLink = linkCheck(roots);
  const hashes: [string, string | undefined][] = [];
  const rest = [...paths].sort().entries();
  const work = async (): Promise<void> => {
    for (const [index, path] of rest) {
      hashes[index] = [path, (await isBelowLink(path)) ? undefined : await hashOf(path)];
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return hashes;
}

/** Looks at each folder once. */
function linkCheck(roots: readonly string[]): (path: string) => Promise<boolean> {
  const known = new Map<string, Promise<boolean>>();
  const isLink = (folder: string): Promise<boolean> => {
    const link =
      known.get(folder) ??
      lstat(folder).then(
        (stats) => stats.isSymbolicLink(),
        () => false,
      );
    known.set(folder, link);
    return link;
  };
  const isLinkedBelow = async (root: string, path: string): Promise<boolean> => {
    const folder = dirname(path);
    if (path === root || folder === root) return false;
    return (await isLink(folder)) || isLinkedBelow(root, folder);
  };
  return async (path) => {
    const around = roots.filter((root) => isWithin(root, path));
    const linked = await Promise.all(around.map((root) => isLinkedBelow(root, path)));
    return linked.length > 0 && !linked.includes(false);
  };
}

async function hashOf(path: string): Promise<string | undefined> {
  try {
    const stats = await lstat(path);
    if (stats.isSymbolicLink()) return `link ${await readlink(path)}`;
    if (!stats.isFile()) return undefined;
    return stats.size > LARGE ? await hashLarge(path) : sha256Hex(await readFile(path));
  } catch (error) {
    if (isGone(error)) return undefined;
    if (isForbidden(error)) return "unreadable";
    throw error;
  }
}

async function hashLarge(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const part of createReadStream(path)) hash.update(part);
  return hash.digest("hex");
}
