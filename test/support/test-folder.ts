// Temporary folders of whole files of tests, and what becomes of those whose process was killed. Touches no folder of another name.
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Followed by the process's id and chance. Short: paths of sockets have an end. */
export const TEST_FOLDER = "knap-t-";

/** Removes the folders of test processes that are no more, as far as they can be. */
export function removeAbandoned(below: string): void {
  for (const name of readdirSync(below)) {
    const [, pid] = /^knap-t-(\d+)-/.exec(name) ?? [];
    if (pid === undefined || isRunning(Number(pid))) continue;
    try {
      rmSync(join(below, name), { recursive: true, force: true });
    } catch {
      // Something is mounted in it, or another test process removes it too.
    }
  }
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
