// Runs around every file of tests that start something: at its end the process holds what it held before, and no temporary folder is left. A file that
// leaves something fails, with what it is.
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { globalAgent } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { leaksSince, takeCensus } from "../leak-census.ts";
import { watchOwnTimers } from "../own-timers.ts";
import { removeAbandoned, TEST_FOLDER } from "../test-folder.ts";

/** Caches that programs keep for all who come after. */
const CACHES = /^(node-compile-cache|tsx-\d+|v8-compile-cache.*|\.X11-unix|\.ICE-unix)$/;

const timers = watchOwnTimers();
const shared = tmpdir();
removeAbandoned(shared);
// A temporary folder of this file's own, for its children too: whatever is in it at the end was left behind.
const folder = process.platform === "linux" ? mkdtempSync(join(shared, `${TEST_FOLDER}${process.pid}-`)) : undefined;
if (folder !== undefined) process.env["TMPDIR"] = folder;
const before = takeCensus(timers);

// The first to be set up is the last to be run: by then all sessions are closed.
afterAll(async () => {
  // What tests themselves ask with keeps connections for the next request.
  globalAgent.destroy();
  await (globalThis as Record<symbol, { destroy?(): Promise<void> } | undefined>)[DISPATCHER]?.destroy?.();
  const leaks = await leaksSince(before, timers);
  const files = folder === undefined ? [] : readdirSync(folder).filter((name) => !CACHES.test(name));
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  process.env["TMPDIR"] = shared;
  const left = [...leaks, ...files.map((name) => `temporary ${name}`)];
  if (left.length > 0) throw new Error(`left behind:\n${left.map((one) => `  ${one}`).join("\n")}`);
});

/** Where Node keeps what `fetch` sends with. */
const DISPATCHER = Symbol.for("undici.globalDispatcher.1");
