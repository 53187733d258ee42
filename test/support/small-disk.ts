// Mounts a small disk (tmpfs) that a test can fill and free again. Linux and root only.
import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Returns why no disk can be made here; undefined if one can. */
export const smallDiskLack = findLack();

export interface SmallDisk extends Disposable {
  readonly folder: string;
  /** Uses all free space. */
  fill(): void;
  /** Frees the space that {@link fill} uses. */
  empty(): void;
}

const CHUNKS = [1024 * 1024, 4096];

/** Mounts an empty disk of this size. */
export function openSmallDisk(megabytes: number): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), "knap-disk-"));
  mount(folder, megabytes);
  const filler = join(folder, "filler");
  return {
    folder,
    fill: () => {
      const file = openSync(filler, "a");
      for (const size of CHUNKS) while (hasRoomFor(file, size));
      closeSync(file);
    },
    empty: () => rmSync(filler, { force: true }),
    [Symbol.dispose]: () => {
      execFileSync("umount", ["-l", folder]);
      rmdirSync(folder);
    },
  };
}

function hasRoomFor(file: number, size: number): boolean {
  try {
    return writeSync(file, Buffer.alloc(size)) === size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOSPC") return false;
    throw error;
  }
}

function mount(folder: string, megabytes: number): void {
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", folder], { stdio: "pipe" });
}

function findLack(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "needs Linux and root";
  const folder = mkdtempSync(join(tmpdir(), "knap-disk-"));
  try {
    mount(folder, 1);
    execFileSync("umount", [folder]);
    return undefined;
  } catch {
    return "needs to be allowed to mount";
  } finally {
    rmdirSync(folder);
  }
}
