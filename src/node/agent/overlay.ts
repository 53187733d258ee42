// Keeps the synced files of one Service and image. They are copied, because later instances must not depend on the
// user's files.
import { copyFile, lstat, mkdir, readlink, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { errorText } from "../../base/errors.ts";
import { failed, ok, type Result } from "../../base/result.ts";
import { SerialQueue } from "../../base/serial-queue.ts";
import type { FileArchive, FileReceiver } from "../kubelet/overlay-port.ts";
import { packFiles } from "./file-archive.ts";
import { type FileOwner, fileOwner } from "./file-owner.ts";
import type { SyncedFile } from "./file-sync.ts";
import {
  bytesOf,
  copiesOf,
  dirtyCount,
  type OverlayChanges,
  type OverlayEntries,
  type OverlayEntry,
  withChanges,
} from "./overlay-plan.ts";

const MIB = 2 ** 20;
/** Every instance gets the overlay at its start, so a large one slows down every wake. */
const MOST_BYTES = 256 * MIB;
const TOO_LARGE = `the synced files are larger than ${MOST_BYTES / MIB} MiB`;

export class Overlay {
  readonly #folder: string;
  /** By the notation of the container's user. The image, and so its /etc/passwd, is always the same. */
  readonly #owners = new Map<string, FileOwner>();
  /** The tars that uploads hold, by owner, so that many pods that start together share one. */
  readonly #packed = new WeakMap<OverlayEntries, Map<string, WeakRef<readonly Buffer[]>>>();
  #entries: OverlayEntries = new Map();
  #copies = 0;
  /** Reads and removes copies one after the other, so that no copy is removed while an archive needs it. */
  readonly #copying = new SerialQueue();

  /** `folder`: a folder of this overlay's own. It is made when it is needed. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  get entries(): OverlayEntries {
    return this.#entries;
  }

  get dirty(): number {
    return dirtyCount(this.#entries);
  }

  /** Copies the sources of a batch. Fails if one cannot be read, or if the overlay with the changes is too large. */
  async read(files: readonly SyncedFile[]): Promise<Result<OverlayChanges>> {
    const changes = new Map<string, OverlayEntry | undefined>();
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      let copied = 0;
      for (const { target, source } of files) {
        const entry = source === undefined ? undefined : await this.#copy(source, MOST_BYTES - copied);
        if (entry === "gone") continue;
        if (entry?.kind === "file") copied += entry.bytes;
        changes.set(target, entry);
      }
      if (bytesOf(withChanges(this.#entries, changes)) > MOST_BYTES) throw new Error(TOO_LARGE);
      return ok(changes);
    } catch (error) {
      this.#removeCopies(copiesIn(changes));
      return failed(errorText(error));
    }
  }

  /** Sets what later instances get: {@link read}'s changes applied to the entries, or earlier entries. */
  set(entries: OverlayEntries): void {
    this.#entries = entries;
  }

  /** Removes the copies of entries that are no longer in the overlay. */
  prune(entries: OverlayEntries): void {
    const kept = copiesOf(this.#entries);
    this.#removeCopies([...copiesOf(entries)].filter((copy) => !kept.has(copy)));
  }

  /** Returns the archive of these entries for one or several containers; undefined: there are none. */
  archiveOf(entries: OverlayEntries): FileArchive | undefined {
    if (entries.size === 0) return undefined;
    return async (receiver) => {
      const owner = await this.#ownerFor(receiver);
      try {
        return Readable.from(await this.#copying.run(() => this.#pack(entries, owner)));
      } catch (error) {
        const advice = "save them again, or rebuild";
        throw new Error(`the copies of synced files cannot be read: ${errorText(error)}; ${advice}`, { cause: error });
      }
    };
  }

  /** Removes all copies. */
  async remove(): Promise<void> {
    this.#entries = new Map();
    await this.#copying.run(() => rm(this.#folder, { recursive: true, force: true }));
  }

  /** A file may vanish between its change and the copy; then its deletion is a change of its own. */
  async #copy(source: string, mostBytes: number): Promise<OverlayEntry | "gone"> {
    try {
      const found = await lstat(source);
      const mode = found.mode & 0o7777;
      if (found.isSymbolicLink()) return { kind: "link", to: await readlink(source) };
      if (found.isDirectory()) return { kind: "folder", mode };
      if (!found.isFile()) throw new Error(`${source} is no file, folder or symbolic link`);
      if (found.size > mostBytes) throw new Error(TOO_LARGE);
      const copy = join(this.#folder, String(++this.#copies));
      await copyFile(source, copy);
      // The source may have changed since, and the archive needs the size of the copy.
      return { kind: "file", copy, bytes: (await stat(copy)).size, mode, mtimeMs: found.mtimeMs };
    } catch (error) {
      if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return "gone";
      throw error;
    }
  }

  async #pack(entries: OverlayEntries, owner: FileOwner): Promise<readonly Buffer[]> {
    const packed = this.#packed.get(entries) ?? new Map<string, WeakRef<readonly Buffer[]>>();
    this.#packed.set(entries, packed);
    const key = `${owner.uid}:${owner.gid}`;
    const parts = packed.get(key)?.deref() ?? (await packFiles(entries, owner));
    packed.set(key, new WeakRef(parts));
    return parts;
  }

  async #ownerFor(receiver: FileReceiver): Promise<FileOwner> {
    const owner = this.#owners.get(receiver.user) ?? (await fileOwner(receiver));
    this.#owners.set(receiver.user, owner);
    return owner;
  }

  /** A copy that cannot be removed stays until the end of the session. */
  #removeCopies(copies: Iterable<string>): void {
    void this.#copying.run(() => Promise.all([...copies].map((copy) => rm(copy, { force: true })))).catch(() => {});
  }
}

function copiesIn(changes: OverlayChanges): readonly string[] {
  return [...changes.values()].flatMap((entry) => (entry?.kind === "file" ? [entry.copy] : []));
}
