// Makes the temporary folders of test files, and removes those of test processes that were killed.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

/**
 * Prefix of the folder names, before process id and random letters. Short, because socket paths are limited in length.
 */
export const TEST_FOLDER = "knap-t-";

/** Removes the folders of test processes that no longer run, if possible. */
export function removeAbandoned(below: string): void {
  for (const name of readdirSync(below)) {
    const [, pid] = /^knap-t-(\d+)-/.exec(name) ?? [];
    if (pid === undefined || isRunning(Number(pid))) continue;
    try {
      unmountBelow(join(below, name));
      rmSync(join(below, name), { recursive: true, force: true });
    } catch {
      // The folder belongs to another user, or another test process is removing it too.
    }
  }
}

/** Unmounts everything in or on a folder. */
export function unmountBelow(folder: string): void {
  const mounts = existsSync("/proc/self/mounts") ? readFileSync("/proc/self/mounts", "utf8").split("\n") : [];
  const mountPoints = mounts
    .map((line) => line.split(" ")[1] ?? "")
    .filter((path) => `${path}/`.startsWith(`${folder}/`));
  for (const path of mountPoints.sort().reverse()) execFileSync("umount", ["-l", path]);
}

/** Returns true if a process of that id exists. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Returns true if a process of this machine has the text in its command line, whose words end with NUL. */
export function isRunningWith(text: string): boolean {
  return readdirSync("/proc").some((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(text);
    } catch {
      return false;
    }
  });
}
