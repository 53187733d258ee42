// A file per child process with its pid and start time, so that the next start can end what a dead session left. Never kills a pid that is someone else's by now.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startTimeOf } from "./system-processes.ts";

/** One child that runs, or ran when its session died. `labels` are those of its container. */
export interface ProcessRecord {
  readonly pid: number;
  /** As the kernel tells it; the same pid with another start time is another process. */
  readonly startTime: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Writes the record of a child that has just started. */
export function writeRecord(folder: string, id: string, record: ProcessRecord): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, `${id}.json`), JSON.stringify(record), { mode: 0o600 });
}

/** Forgets a child that has ended. */
export function dropRecord(folder: string, id: string): void {
  rmSync(join(folder, `${id}.json`), { force: true });
}

/** Ends (SIGKILL, whole group) every recorded process in `folder` that still is the recorded one, and clears the records. Returns how many it ended. */
export async function endRecorded(folder: string): Promise<number> {
  let ended = 0;
  for (const name of listRecords(folder)) {
    const path = join(folder, name);
    const record = readRecord(path);
    if (record && (await startTimeOf(record.pid)) === record.startTime && killGroup(record.pid, "SIGKILL")) ended++;
    rmSync(path, { force: true });
  }
  return ended;
}

/** Sends a signal to the group of a leader; false when there is nobody left. */
export function killGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    // Windows has no groups; there only the leader is reached.
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
    const { pid, startTime, labels } = JSON.parse(readFileSync(path, "utf8")) as ProcessRecord;
    return Number.isInteger(pid) && pid > 1 && typeof startTime === "string" ? { pid, startTime, labels } : undefined;
  } catch {
    return undefined;
  }
}
