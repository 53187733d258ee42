// Names a process so that another one can tell later whether it still runs: pid, start time with boot id, pid
// namespace.
import { readlinkSync } from "node:fs";
import { bootId, startTimeOf } from "./system-processes.ts";

function pidNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}

/** The identity of a process that this one can see, for labels and files: `pid/start time/boot id/pid namespace`. */
export async function processIdentity(pid = process.pid): Promise<string> {
  return [pid, (await startTimeOf(pid)) ?? "", bootId(), pidNamespace()].join("/");
}

/** undefined if this process cannot tell: the identity is malformed, or of another boot, machine or pid namespace. */
export async function isProcessLive(identity: string): Promise<boolean | undefined> {
  const [pid = "", startTime = "", boot, namespace] = identity.trim().split("/");
  if (!/^[1-9]\d*$/.test(pid) || startTime === "") return undefined;
  if (boot !== bootId() || namespace !== pidNamespace()) return undefined;
  return (await startTimeOf(Number(pid))) === startTime;
}
