// Packs synced files as a tar for the folder `/` of a container.
import { readFile } from "node:fs/promises";
import { type Headers, pack } from "tar-stream";
import type { FileOwner } from "./file-owner.ts";
import type { OverlayEntries, OverlayEntry } from "./overlay-plan.ts";

/**
 * Resolves with the parts of the tar. It has no entries for the parents of files: the engine creates missing ones, and
 * an entry would replace a parent that is a symbolic link. Rejects with the system's error.
 */
export async function packFiles(entries: OverlayEntries, owner: FileOwner): Promise<readonly Buffer[]> {
  const tar = pack();
  const parts: Buffer[] = [];
  tar.on("data", (part: Buffer) => parts.push(part));
  const ended = new Promise<void>((resolve, reject) => tar.once("end", resolve).once("error", reject));
  // A folder comes before its content.
  for (const [target, entry] of [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const header = { ...headerOf(entry), name: target.slice(1), ...owner };
    if (entry.kind === "file") tar.entry(header, await readFile(entry.copy));
    else tar.entry(header);
  }
  tar.finalize();
  await ended;
  return parts;
}

function headerOf(entry: OverlayEntry): Omit<Headers, "name"> {
  if (entry.kind === "link") return { type: "symlink", linkname: entry.to, mode: 0o777 };
  if (entry.kind === "folder") return { type: "directory", mode: entry.mode };
  // Interpreters compare the time with that of their cached bytecode.
  return { type: "file", mode: entry.mode, mtime: new Date(entry.mtimeMs) };
}
