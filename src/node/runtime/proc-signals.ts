// Finds out from /proc whether a container ignores a signal. Linux only.
import { readFile } from "node:fs/promises";
import { constants } from "node:os";

/**
 * Resolves to true if the kernel drops the signal: it does for the first process of a pid namespace that has no
 * handler. Resolves to false if that is not certain, for example because the engine is on another machine. `pid`: the
 * container's process, as the engine reports it.
 */
export async function dropsSignal(containerId: string, pid: number, signal: string): Promise<boolean> {
  const number = (constants.signals as Readonly<Record<string, number>>)[signal];
  if (number === undefined || process.platform !== "linux") return false;
  try {
    const [status, cgroup] = await Promise.all(
      ["status", "cgroup"].map((name) => readFile(`/proc/${pid}/${name}`, "utf8")),
    );
    // Another machine's or namespace's process may have the same pid.
    return cgroup?.includes(containerId) === true && isUnhandled(status ?? "", number);
  } catch {
    return false;
  }
}

/** `status`: the text of /proc/PID/status. */
export function isUnhandled(status: string, signal: number): boolean {
  const field = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, "m").exec(status)?.[1] ?? "";
  const has = (name: string): boolean => ((BigInt(`0x${field(name) || "0"}`) >> BigInt(signal - 1)) & 1n) === 1n;
  // An init process may wait for a blocked signal. That of tini does not show as blocked while tini waits.
  const waits = has("SigBlk") || /^(tini|docker-init)/.test(field("Name"));
  return /\s1$/.test(field("NSpid")) && !has("SigCgt") && !waits;
}
