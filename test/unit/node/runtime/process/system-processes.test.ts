// What the system says about a process group.
import { spawn } from "node:child_process";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  groupListeners,
  groupStats,
  startTimeNow,
  startTimeOf,
} from "../../../../../src/node/runtime/process/system-processes.ts";
import { eventually } from "../../../../support/eventually.ts";

const PROGRAM = `
const started = Date.now();
while (Date.now() - started < 300);
require("node:net").createServer().listen(0, "127.0.0.1");
`;
let group: ReturnType<typeof spawn>;
beforeEach(async () => {
  group = spawn(process.execPath, ["-e", PROGRAM], { detached: true, stdio: "ignore" });
  await new Promise((resolve) => group.once("spawn", resolve));
});
afterEach(() => group.kill("SIGKILL"));

test("a group has the cpu time, the memory and the sockets of its processes, and a start time (11 A6)", async () => {
  const pid = group.pid as number;
  await eventually(async () => expect(await groupListeners(pid)).toMatchObject([{ loopback: true }]), 20_000);
  const { cpuNanos, memoryBytes } = await groupStats(pid);
  expect(cpuNanos).toBeGreaterThan(100e6);
  expect(memoryBytes).toBeGreaterThan(5e6);
  expect(await startTimeOf(pid)).toBe(startTimeNow(pid));
  group.kill("SIGKILL");
  await eventually(async () => expect(await startTimeOf(pid)).toBeUndefined());
  expect(await groupStats(pid)).toMatchObject({ cpuNanos: 0, memoryBytes: 0 });
});
