// Which recorded processes are killed.
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { processIdentity } from "../../../../../src/node/runtime/process/process-identity.ts";
import {
  dropRecord,
  endRecorded,
  killGroup,
  writeRecord,
} from "../../../../../src/node/runtime/process/process-records.ts";
import { groupStats } from "../../../../../src/node/runtime/process/system-processes.ts";
import { eventually } from "../../../../support/eventually.ts";

let folder: string;
let child: ReturnType<typeof spawn>;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "knap-records-"));
  // A group of two processes.
  child = spawn("sh", ["-c", "sleep 60 & wait"], { detached: true, stdio: "ignore" });
  await new Promise((resolve) => child.once("spawn", resolve));
});
afterEach(() => {
  killGroup(child.pid as number, "SIGKILL");
  rmSync(folder, { recursive: true });
});
const identity = () => processIdentity(child.pid);

test("the group of a recorded process is killed once, and the record is removed (11 A6)", async () => {
  writeRecord(folder, "x", { process: await identity(), labels: {} });
  expect(await endRecorded(folder)).toBe(1);
  await eventually(() => expect(child.signalCode).toBe("SIGKILL"));
  await eventually(async () => expect((await groupStats(child.pid as number)).memoryBytes).toBe(0));
  expect(readdirSync(folder)).toEqual([]);
});

test("a process whose pid, start time, boot or namespace differs from the record is spared (11 A4)", async () => {
  const parts = (await identity()).split("/");
  for (const [at, value] of ["1", "1", "other-boot", "pid:[1]"].entries())
    writeRecord(folder, String(at), { process: parts.with(at, value).join("/"), labels: {} });
  writeFileSync(join(folder, "null.json"), "null", { mode: 0o600 });
  writeFileSync(join(folder, "broken.json"), "{", { mode: 0o600 });
  expect(await endRecorded(folder)).toBe(0);
  expect(child.signalCode).toBeNull();
  expect(readdirSync(folder)).toEqual([]);
});

test("records in a folder that others may write are not used (11 A6)", async () => {
  writeRecord(folder, "x", { process: await identity(), labels: {} });
  chmodSync(folder, 0o777);
  expect(await endRecorded(folder)).toBe(0);
  expect(child.signalCode).toBeNull();
});

test("a record that cannot be removed is no error (11 A1)", () => {
  writeFileSync(join(folder, "file"), "");
  dropRecord(join(folder, "file"), "x");
  mkdirSync(join(folder, "x.json"));
  dropRecord(folder, "x");
});
