// Computes which files later instances of a Service get in addition to their image. Pure.

export type OverlayEntry =
  | {
      readonly kind: "file";
      readonly copy: string;
      readonly bytes: number;
      readonly mode: number;
      /** In ms since the epoch. */
      readonly mtimeMs: number;
    }
  | { readonly kind: "link"; readonly to: string }
  | { readonly kind: "folder"; readonly mode: number };

/** By absolute path in the container. */
export type OverlayEntries = ReadonlyMap<string, OverlayEntry>;

/** undefined: the path is deleted. */
export type OverlayChanges = ReadonlyMap<string, OverlayEntry | undefined>;

/** Returns the entries after the changes. A new file replaces a folder with all its content, and the reverse. */
export function withChanges(entries: OverlayEntries, changes: OverlayChanges): OverlayEntries {
  const next = new Map(entries);
  const folders = new Set([...entries.keys()].flatMap(parentsOf));
  for (const [target, entry] of changes) {
    if (entry?.kind !== "folder" && folders.has(target)) {
      for (const path of next.keys()) if (path.startsWith(`${target}/`)) next.delete(path);
    }
    next.delete(target);
    if (entry === undefined) continue;
    for (const parent of parentsOf(target)) {
      folders.add(parent);
      const kind = next.get(parent)?.kind;
      if (kind === "file" || kind === "link") next.delete(parent);
    }
    next.set(target, entry);
  }
  return next;
}

export function bytesOf(entries: OverlayEntries): number {
  return [...entries.values()].reduce((sum, entry) => sum + (entry.kind === "file" ? entry.bytes : 0), 0);
}

/** Returns the number of files and links: `dirty +N`. */
export function dirtyCount(entries: OverlayEntries): number {
  return [...entries.values()].filter(({ kind }) => kind !== "folder").length;
}

/** Returns the files on disk that entries refer to. */
export function copiesOf(entries: OverlayEntries): ReadonlySet<string> {
  return new Set([...entries.values()].flatMap((entry) => (entry.kind === "file" ? [entry.copy] : [])));
}

/** Returns the folders of an absolute path, without `/`. */
function parentsOf(path: string): readonly string[] {
  const names = path.split("/").slice(1, -1);
  return names.map((_, index) => `/${names.slice(0, index + 1).join("/")}`);
}
