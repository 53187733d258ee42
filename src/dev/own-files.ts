// Recognises the files that knap itself writes. Their changes must not start a deployment.
import { fstatSync, type Stats, statSync } from "node:fs";
import { sep } from "node:path";
import { ifReadable } from "./file-errors.ts";

/** Whether knap writes the file at an absolute path. */
export type IsOwnFile = (path: string) => boolean;

const STDOUT = 1;
const STDERR = 2;
const idOf = ({ dev, ino }: Stats): string => `${dev}:${ino}`;

/**
 * Makes the check. `folders`: the folders of sessions and state. A file to which stdout or stderr is redirected also
 * counts as knap's own.
 */
export function makeOwnFileCheck(folders: readonly string[]): IsOwnFile {
  const outputs = new Set([STDOUT, STDERR].flatMap(regularFileId));
  return (path) => {
    if (folders.some((folder) => path === folder || path.startsWith(folder + sep))) return true;
    const stats = outputs.size === 0 ? undefined : ifReadable(() => statSync(path));
    return stats !== undefined && outputs.has(idOf(stats));
  };
}

function regularFileId(descriptor: number): readonly string[] {
  try {
    const stats = fstatSync(descriptor);
    return stats.isFile() ? [idOf(stats)] : [];
  } catch {
    return [];
  }
}
