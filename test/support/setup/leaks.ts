// Set-up of test files that start something: fails the file if it leaks resources or temporary files.
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { globalAgent } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { leaksSince, takeCensus } from "../leak-census.ts";
import { watchOwnTimers } from "../own-timers.ts";
import { removeAbandoned, TEST_FOLDER } from "../test-folder.ts";

/** Files that other programs keep in the temporary folder: caches, and the stacks that a slow containerd dumps. */
const FOREIGN = /^(node-compile-cache|tsx-\d+|v8-compile-cache.*|\.X11-unix|\.ICE-unix|containerd\.\d+\.stacks\.log)$/;

const timers = watchOwnTimers();
const shared = tmpdir();
removeAbandoned(shared);
// The temporary folder of this test file and its child processes. Anything in it at the end is a leak.
const folder = process.platform === "linux" ? mkdtempSync(join(shared, `${TEST_FOLDER}${process.pid}-`)) : undefined;
if (folder !== undefined) process.env["TMPDIR"] = folder;
const before = takeCensus(timers);

// The hook that is registered first runs last, when all sessions are closed.
afterAll(async () => {
  // `fetch` in tests keeps connections for later requests; close them.
  globalAgent.destroy();
  await (globalThis as Record<symbol, { destroy?(): Promise<void> } | undefined>)[DISPATCHER]?.destroy?.();
  const leaks = await leaksSince(before, timers);
  const files = folder === undefined ? [] : readdirSync(folder).filter((name) => !FOREIGN.test(name));
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  process.env["TMPDIR"] = shared;
  const left = [...leaks, ...files.map((name) => `temporary ${name}`)];
  if (left.length > 0) throw new Error(`left behind:\n${left.map((one) => `  ${one}`).join("\n")}`);
});

/** The symbol under which Node keeps the dispatcher of `fetch`. */
const DISPATCHER = Symbol.for("undici.globalDispatcher.1");
