// What this process holds: open descriptors with what they are, timers of knap's own, children. Two countings compared tell what was left behind.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { OwnTimers } from "./own-timers.ts";

export interface Census {
  /** Kind or place → how many, as people read it: `tcp 127.0.0.1:8080 LISTEN`, `file /tmp/x`, `timer at src/…`. */
  readonly held: ReadonlyMap<string, number>;
}

/** Closing takes turns of the event loop, and a peer's end of a connection takes the peer's too. */
const PATIENCE_MS = 3_000;

/** Handles that are no descriptors of their own, or where descriptors cannot be listed. */
const HANDLES = new Set(["ProcessWrap", "FSEventWrap", "FSEvent", "MessagePort", "Worker"]);
const SOCKET_HANDLES = new Set(["TCPServerWrap", "TCPSocketWrap", "PipeWrap", "PipeServerWrap", "UDPWrap"]);

/** Counts what is held now. Where /proc is not there, sockets are counted by their kind and files not at all. */
export function takeCensus(timers: OwnTimers): Census {
  const descriptors = readDescriptors();
  const counted = descriptors ? HANDLES : new Set([...HANDLES, ...SOCKET_HANDLES]);
  const handles = process.getActiveResourcesInfo().filter((kind) => counted.has(kind));
  const held = new Map<string, number>();
  for (const one of [...(descriptors ?? []), ...handles, ...timers.active()]) held.set(one, (held.get(one) ?? 0) + 1);
  return { held };
}

/** What is held now and was not before, as soon as that is nothing, or at last. */
export async function leaksSince(
  before: Census,
  timers: OwnTimers,
  patienceMs = PATIENCE_MS,
): Promise<readonly string[]> {
  const until = performance.now() + patienceMs;
  for (;;) {
    const leaks = [...takeCensus(timers).held].filter(([one, count]) => count > (before.held.get(one) ?? 0));
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
    // Of the event loop itself; or the list that is being read.
    if (target === "" || target.startsWith("anon_inode:") || target.startsWith("/proc/")) return [];
    return [`file ${target}`];
  });
}

/** "": closed since. */
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

/** Inode → what it is. */
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
