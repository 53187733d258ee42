// Makes an identity of a process by which other processes can find out later whether it still runs.
import { readlinkSync } from "node:fs";
import { bootId, startTimeOf } from "./system-processes.ts";

function pidNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}

/** Returns `pid/start time/boot id/pid namespace`, for labels and files. */
export async function processIdentity(pid = process.pid): Promise<string> {
  return [pid, (await startTimeOf(pid)) ?? "", bootId(), pidNamespace()].join("/");
}

/** Returns undefined if the identity is malformed, or is of another boot, machine or pid namespace. */
export async function isProcessLive(identity: string): Promise<boolean | undefined> {
  const [pid = "", startTime = "", boot, namespace] = identity.trim().split("/");
  if (!/^[1-9]\d*$/.test(pid) || startTime === "") return undefined;
  if (boot !== bootId() || namespace !== pidNamespace()) return undefined;
  return (await startTimeOf(Number(pid))) === startTime;
}
