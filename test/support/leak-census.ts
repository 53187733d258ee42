// Counts the resources of this process: open descriptors, knap's timers, child processes. Two counts show what leaked.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { OwnTimers } from "./own-timers.ts";

export interface Census {
  /** Description → count, for example `tcp 127.0.0.1:8080 LISTEN`, `file /tmp/x`, `timer at src/…`. */
  readonly counts: ReadonlyMap<string, number>;
}

/** Closing a connection takes several turns of the event loop, on both ends. */
const PATIENCE_MS = 3_000;

/** Handles without a descriptor, and all handles on systems that cannot list descriptors. */
const HANDLES = new Set(["ProcessWrap", "FSEventWrap", "FSEvent", "MessagePort", "Worker"]);
const SOCKET_HANDLES = new Set(["TCPServerWrap", "TCPSocketWrap", "PipeWrap", "PipeServerWrap", "UDPWrap"]);

/** Counts the current resources. Without /proc, sockets are counted by kind, and files are not counted. */
export function takeCensus(timers: OwnTimers): Census {
  const descriptors = readDescriptors();
  const counted = descriptors ? HANDLES : new Set([...HANDLES, ...SOCKET_HANDLES]);
  const handles = process.getActiveResourcesInfo().filter((kind) => counted.has(kind));
  const counts = new Map<string, number>();
  for (const one of [...(descriptors ?? []), ...handles, ...timers.active()])
    counts.set(one, (counts.get(one) ?? 0) + 1);
  return { counts };
}

/** Resolves with the resources that were added since `before`: as soon as there are none, or after the time limit. */
export async function leaksSince(
  before: Census,
  timers: OwnTimers,
  patienceMs = PATIENCE_MS,
): Promise<readonly string[]> {
  const until = performance.now() + patienceMs;
  for (;;) {
    const leaks = [...takeCensus(timers).counts].filter(([one, count]) => count > (before.counts.get(one) ?? 0));
    if (leaks.length === 0 || performance.now() > until) return leaks.map(([one, count]) => `${count} × ${one}`);
    await sleep(20);
  }
}

function readDescriptors(): readonly string[] | undefined {
  let names: readonly string[];
  try {
    names = readdirSync("/proc/self/fd");
  } catch {
    return undefined;
  }
  const sockets = readSockets();
  return names.flatMap((name) => {
    const target = linkOf(name);
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    if (inode !== undefined) return [sockets.get(inode) ?? "socket"];
    if (target.startsWith("pipe:")) return ["pipe"];
    // Descriptors of the event loop, and of the folder being listed.
    if (target === "" || target.startsWith("anon_inode:") || target.startsWith("/proc/")) return [];
    return [`file ${target}`];
  });
}

/** Returns "" if the descriptor was closed in the meantime. */
function linkOf(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return "";
  }
}

const STATES: Readonly<Record<string, string>> = {
  "01": "ESTABLISHED",
  "07": "CLOSE",
  "08": "CLOSE_WAIT",
  "0A": "LISTEN",
};

/** Inode → description. */
function readSockets(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const table of ["tcp", "tcp6", "udp", "udp6"])
    for (const [, local = "", remote = "", state = "", , , , , , inode = ""] of rowsOf(table))
      found.set(inode, `${table} ${portOf(local)} to ${portOf(remote)} ${STATES[state] ?? state}`);
  for (const [, , , , , , inode = "", path = "(no name)"] of rowsOf("unix")) found.set(inode, `unix ${path}`);
  return found;
}

function rowsOf(table: string): readonly (readonly string[])[] {
  const text = readFileSync(`/proc/self/net/${table}`, "utf8");
  return text
    .split("\n")
    .slice(1, -1)
    .map((row) => row.trim().split(/\s+/));
}

function portOf(address: string): number {
  return Number.parseInt(address.slice(address.lastIndexOf(":") + 1), 16);
}
