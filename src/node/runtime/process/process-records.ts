// Records the identity of each child process in a file. After a crash of knap, the session's guard or the next session
// kills the recorded processes.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fieldsOf, parseJson } from "../../../base/json.ts";
import { isPrivateFolder, readPrivateFile } from "../../../base/private-files.ts";
import { isProcessLive, parseIdentity } from "./process-identity.ts";

/** `labels`: the labels of the container. */
export interface ProcessRecord {
  /** See `process-identity.ts`. A process with the same pid and another identity is another process. */
  readonly process: string;
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
    const identity = fieldsOf(parseJson(readPrivateFile(path) ?? ""))["process"];
    const { pid = 0 } = parseIdentity(String(identity));
    // The group of pid 1 would be all processes.
    if (pid > 1 && (await isProcessLive(String(identity))) && killGroup(pid, "SIGKILL")) ended++;
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
