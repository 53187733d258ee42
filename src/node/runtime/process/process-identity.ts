// Makes an identity of a process by which other processes can find out later whether it still runs.
import { readlinkSync } from "node:fs";
import { bootId, startTimeOf } from "./system-processes.ts";

/** Returns the identity of a process for labels and files: `pid/start time/boot id/pid namespace`. */
export function identityOf(pid: number, startTime: string): string {
  return [pid, startTime, bootId(), pidNamespace()].join("/");
}

export async function processIdentity(pid = process.pid): Promise<string> {
  return identityOf(pid, (await startTimeOf(pid)) ?? "");
}

/** Returns undefined if the identity is malformed, or is of another boot, machine or pid namespace. */
export async function isProcessLive(identity: string): Promise<boolean | undefined> {
  const { pid, startTime, boot, namespace } = parseIdentity(identity);
  if (pid === undefined || startTime === "" || boot !== bootId() || namespace !== pidNamespace()) return undefined;
  return (await startTimeOf(pid)) === startTime;
}

/** Returns true if the process ran before the last boot of this machine, or runs on another machine. */
export function isOfOtherBoot(identity: string): boolean {
  const { boot } = parseIdentity(identity);
  return boot !== "" && boot !== bootId();
}

export function parseIdentity(identity: string) {
  const [pid = "", startTime = "", boot = "", namespace = ""] = identity.trim().split("/");
  return { pid: /^[1-9]\d*$/.test(pid) ? Number(pid) : undefined, startTime, boot, namespace };
}

function pidNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}
