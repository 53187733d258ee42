// Reads start times, groups, resource usage and listening sockets of processes, from /proc on Linux, else from ps and
// lsof.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { readdir, readFile, readlink } from "node:fs/promises";
import { promisify } from "node:util";
import { mergeListeners, parseListeners } from "../proc-net.ts";
import type { ContainerStats, ListeningSocket } from "../runtime.ts";

const run = promisify(execFile);
/** USER_HZ: fixed at 100 in Linux's interface to user space. */
const TICK_NANOS = 1e7;
const PAGE_BYTES = 4096;

interface Stat {
  readonly pid: number;
  readonly group: number;
  readonly cpuTicks: number;
  readonly startTicks: string;
  readonly residentPages: number;
}

/** Returns the id of the machine's current boot; "" on systems without such an id, whose start times are dates. */
export function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "";
  }
}

/** Returns the start time of a process, for comparison only; undefined if there is no such process. */
export async function startTimeOf(pid: number): Promise<string | undefined> {
  if (process.platform === "linux") return (await readStat(pid))?.startTicks;
  // The date depends on time zone and language, which differ between the environments of two calls.
  const env = { ...process.env, TZ: "UTC", LC_ALL: "C" };
  const found = await run("ps", ["-o", "lstart=", "-p", String(pid)], { env }).catch(() => undefined);
  return found?.stdout.trim() || undefined;
}

/** Like {@link startTimeOf}, but synchronous. Always returns undefined on systems other than Linux. */
export function startTimeNow(pid: number): string | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    return parseStat(pid, readFileSync(`/proc/${pid}/stat`, "utf8"))?.startTicks;
  } catch {
    return undefined;
  }
}

/** Returns the CPU and memory usage of all processes of a group. */
export async function groupStats(group: number): Promise<ContainerStats> {
  if (process.platform === "linux") {
    const members = await groupMembers(group);
    return {
      cpuNanos: sum(members.map((member) => member.cpuTicks)) * TICK_NANOS,
      memoryBytes: sum(members.map((member) => member.residentPages)) * PAGE_BYTES,
      memoryLimitBytes: 0,
    };
  }
  const found = await run("ps", ["-A", "-o", "pgid=,rss=,time="]).catch(() => ({ stdout: "" }));
  const rows = found.stdout.split("\n").map((row) => row.trim().split(/\s+/));
  const ours = rows.filter((row) => Number(row[0]) === group);
  return {
    cpuNanos: sum(ours.map((row) => clockSeconds(row[2] ?? ""))) * 1e9,
    memoryBytes: sum(ours.map((row) => Number(row[1]))) * 1024,
    memoryLimitBytes: 0,
  };
}

/** Returns the listening sockets of a process group; undefined if they cannot be read. */
export async function groupListeners(group: number): Promise<readonly ListeningSocket[] | undefined> {
  if (process.platform !== "linux") return lsofListeners(group);
  const inodes = new Set<string>();
  for (const { pid } of await groupMembers(group)) for (const inode of await socketInodes(pid)) inodes.add(inode);
  const tables = await Promise.all(
    ["tcp", "tcp6"].map((name) => readFile(`/proc/net/${name}`, "utf8").catch(() => "")),
  );
  return mergeListeners(tables.flatMap(parseListeners).filter((socket) => inodes.has(socket.inode)));
}

async function lsofListeners(group: number): Promise<readonly ListeningSocket[] | undefined> {
  const found = await run("lsof", ["-nP", "-a", "-iTCP", "-sTCP:LISTEN", "-g", String(group), "-Fn"]).catch(
    () => undefined,
  );
  if (!found) return undefined;
  const names = found.stdout.split("\n").filter((line) => line.startsWith("n"));
  return mergeListeners(
    names.map((name) => ({
      port: Number(name.slice(name.lastIndexOf(":") + 1)),
      loopback: /^n(127\.0\.0\.1|\[::1\]):/.test(name),
    })),
  );
}

async function groupMembers(group: number): Promise<readonly Stat[]> {
  const names = await readdir("/proc").catch(() => [] as string[]);
  const stats = await Promise.all(names.filter((name) => /^\d+$/.test(name)).map((name) => readStat(Number(name))));
  return stats.filter((stat) => stat !== undefined).filter((stat) => stat.group === group);
}

async function readStat(pid: number): Promise<Stat | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  return text === undefined ? undefined : parseStat(pid, text);
}

function parseStat(pid: number, text: string): Stat | undefined {
  // The command name in parentheses may contain any character, so fields are counted after the last parenthesis.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  if (fields[0] === "Z") return undefined;
  return {
    pid,
    group: Number(fields[2]),
    cpuTicks: Number(fields[11]) + Number(fields[12]),
    startTicks: fields[19] ?? "",
    residentPages: Number(fields[21]),
  };
}

async function socketInodes(pid: number): Promise<string[]> {
  const names = await readdir(`/proc/${pid}/fd`).catch(() => [] as string[]);
  const links = await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => "")));
  return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []);
}

/** Parses ps's CPU time: `[[dd-]hh:]mm:ss[.cc]`. */
function clockSeconds(text: string): number {
  const [days, clock] = text.includes("-") ? text.split("-") : ["0", text];
  return (clock ?? "").split(":").reduce((total, part) => total * 60 + Number(part), 0) + Number(days) * 86_400;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
