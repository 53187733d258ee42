// Records the pid and start time of each child process in a file. After a crash of knap, the next session kills the
// recorded processes.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isPrivateFolder, readPrivateFile } from "../../../base/private-files.ts";
import { startTimeOf } from "./system-processes.ts";

/** `labels`: the labels of the container. */
export interface ProcessRecord {
  readonly pid: number;
  /** In the system's notation. A process with the same pid and another start time is another process. */
  readonly startTime: string;
  readonly labels: Readonly<Record<string, string>>;
}

export function writeRecord(folder: string, id: string, record: ProcessRecord): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, `${id}.json`), JSON.stringify(record), { mode: 0o600 });
}

/** Never throws: the record of a process that has ended is harmless. */
export function dropRecord(folder: string, id: string): void {
  removeFile(join(folder, `${id}.json`));
}

export function removeFile(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The end of the session, or a later session, removes the whole folder.
  }
}

/**
 * Kills the process groups that are recorded in `folder` and still exist, and removes the records. Returns how many it
 * killed.
 */
export async function endRecorded(folder: string): Promise<number> {
  if (!isPrivateFolder(folder)) return 0;
  let ended = 0;
  for (const name of listRecords(folder)) {
    const path = join(folder, name);
    const record = readRecord(path);
    if (record && (await startTimeOf(record.pid)) === record.startTime && killGroup(record.pid, "SIGKILL")) ended++;
    removeFile(path);
  }
  return ended;
}

/** Sends a signal to a process group. Returns false if the group does not exist. */
export function killGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    // Windows has no process groups: only the leader gets the signal.
    process.kill(process.platform === "win32" ? pid : -pid, signal);
    return true;
  } catch {
    return false;
  }
}

function listRecords(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith(".json"));
  } catch {
    return [];
  }
}

function readRecord(path: string): ProcessRecord | undefined {
  try {
    const { pid, startTime, labels } = JSON.parse(readPrivateFile(path) ?? "") as ProcessRecord;
    return Number.isInteger(pid) && pid > 1 && typeof startTime === "string" ? { pid, startTime, labels } : undefined;
  } catch {
    return undefined;
  }
}
