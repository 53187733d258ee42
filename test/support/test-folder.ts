// Temporary folders of whole files of tests, and what becomes of those whose process was killed. Touches no folder of another name.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Followed by the process's id and chance. Short: paths of sockets have an end. */
export const TEST_FOLDER = "knap-t-";

/** Removes the folders of test processes that are no more, as far as they can be. */
export function removeAbandoned(below: string): void {
  for (const name of readdirSync(below)) {
    const [, pid] = /^knap-t-(\d+)-/.exec(name) ?? [];
    if (pid === undefined || isRunning(Number(pid))) continue;
    try {
      unmountBelow(join(below, name));
      rmSync(join(below, name), { recursive: true, force: true });
    } catch {
      // Somebody else's, or another test process removes it too.
    }
  }
}

/** Takes down what is mounted in a folder, or on it. */
export function unmountBelow(folder: string): void {
  const mounts = existsSync("/proc/self/mounts") ? readFileSync("/proc/self/mounts", "utf8").split("\n") : [];
  const ours = mounts.map((line) => line.split(" ")[1] ?? "").filter((path) => `${path}/`.startsWith(`${folder}/`));
  for (const path of ours.sort().reverse()) execFileSync("umount", ["-l", path]);
}

/** Whether a process of that id is there. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
