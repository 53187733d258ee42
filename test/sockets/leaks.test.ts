// Tests the check for resources that test files leave behind: it reports each planted leak, and nothing after its
// removal.
import { execFile, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { createServer } from "node:net";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { monotonicClock } from "../../src/base/monotonic-clock.ts";
import { leaksSince, takeCensus } from "../support/leak-census.ts";
import { watchOwnTimers } from "../support/own-timers.ts";

const timers = watchOwnTimers();
const isLinux = process.platform === "linux";
if (!isLinux) console.info("the tests of leaked files and unreferenced sockets: skipped, they need /proc");

/** Opens a resource and resolves to a function that closes it. */
type Plant = () => Promise<() => unknown>;

const listen = (): ReturnType<Plant> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => resolve(() => server.close()));
  });
const plants: readonly (readonly [string, Plant, RegExp])[] = [
  ["a server", listen, isLinux ? /^1 × tcp \d+ to 0 LISTEN$/ : /^1 × TCPServerWrap$/],
  [
    "an unreferenced timer of knap",
    async () => {
      const timer = monotonicClock.at(monotonicClock.now() + 60_000, () => {});
      return () => timer[Symbol.dispose]();
    },
    /^1 × timer at src\/base\/monotonic-clock\.ts:\d+$/,
  ],
  [
    "a child",
    async () => {
      const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
      return () => child.kill("SIGKILL");
    },
    /^1 × ProcessWrap$/,
  ],
  ...(isLinux
    ? [
        [
          "a file",
          async () => {
            const file = openSync(import.meta.filename, "r");
            return () => closeSync(file);
          },
          /^1 × file .*leaks\.test\.ts$/,
        ] as const,
      ]
    : []),
];

test.each(plants)(
  "the census reports %s that stays open, and nothing after it is closed",
  async (_, plant, expected) => {
    const before = takeCensus(timers);
    const close = await plant();
    const leaks = await leaksSince(before, timers, 50);
    await close();
    expect(leaks).toEqual([expect.stringMatching(expected)]);
    expect(await leaksSince(before, timers)).toEqual([]);
  },
);

test("the census does not report a timer that has fired, or a timer outside src", async () => {
  const before = takeCensus(timers);
  let fired = 0;
  monotonicClock.at(monotonicClock.now() + 5, () => fired++);
  const others = setTimeout(() => {}, 60_000);
  expect(await leaksSince(before, timers)).toEqual([]);
  expect(fired).toBe(1);
  clearTimeout(others);
});

test("a test file that leaves a server, a timer and a folder fails with their names, even if its tests pass", async () => {
  const root = new URL("../..", import.meta.url).pathname;
  const args = ["node_modules/.bin/vitest", "run", "--config", "test/support/planted/vitest.config.ts"];
  const run = promisify(execFile)(process.execPath, args, { cwd: root, env: { ...process.env, NO_COLOR: "1" } });
  const { stdout, stderr, code } = await run.then(
    (ended) => ({ ...ended, code: 0 }),
    (failure: { stdout: string; stderr: string; code: number }) => failure,
  );
  expect(code).toBe(1);
  const text = stdout + stderr;
  expect(text).toMatch(/left behind:\s+1 × (tcp \d+ to 0 LISTEN|TCPServerWrap)/);
  expect(text).toMatch(/1 × timer at src\/base\/monotonic-clock\.ts:\d+/);
  if (isLinux) expect(text).toMatch(/temporary knap-planted-/);
  expect(text).toMatch(/Tests\s+1 passed/);
});
