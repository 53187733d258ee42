// The built CLI with an uncaught error that a test module injects: the session ends in order, with a message.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { faultAtSignal, get, KnapHome } from "../../support/knap.ts";

const hello = new URL("../../../examples/hello", import.meta.url).pathname;
let home: KnapHome;
beforeEach(() => {
  home = new KnapHome({ KNAP_RUNTIME: "process" });
});
afterEach(() => home[Symbol.dispose]());

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test.each(["throw", "reject"] as const)(
  "after an uncaught error (%s) `up` stops the processes, removes the session and says what happened (11 A1)",
  async (how) => {
    const running = home.start(["up", "-f", hello, "--ui", "json"], home.folder, faultAtSignal(how));
    const { address } = await running.until(({ type }) => type === "ready");
    const pid = Number(/process (\d+)/.exec((await get(String(address))).text)?.[1]);
    running.child.kill("SIGUSR2");
    const { code, stderr } = await running.finished;
    expect(code).toBe(1);
    expect(stderr).toContain("knap: internal error of knap: injected fault; the session was ended");
    expect(stderr).toContain("please report it");
    expect(home.sessions()).toEqual([]);
    await eventually(() => expect(isRunning(pid)).toBe(false));
  },
);

test("after an uncaught error `ci` exits with code 1, and the JUnit report says why (11 A1)", async () => {
  const report = join(home.folder, "report.xml");
  const args = ["ci", "-f", hello, "--ui", "json", "--junit", report, "--", "sleep", "60"];
  const running = home.start(args, home.folder, faultAtSignal("throw"));
  await running.until(({ type }) => type === "ready");
  // CMD starts soon after.
  await new Promise((done) => setTimeout(done, 500));
  running.child.kill("SIGUSR2");
  expect(await running.finished).toMatchObject({ code: 1, stderr: expect.stringContaining("injected fault") });
  expect(readFileSync(report, "utf8")).toContain("internal error of knap: injected fault");
  expect(home.sessions()).toEqual([]);
});
