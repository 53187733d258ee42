// Tests how sessions of the test library start, fail and end, also without `close` and after a kill.
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { HarnessHome, manifest } from "../../support/harness.ts";

let home: HarnessHome;
beforeEach(() => {
  home = new HarnessHome();
  writeFileSync(join(home.cwd, "service.yaml"), manifest());
});
afterEach(() => home[Symbol.dispose]());

const library = new URL("../../../dist/testing.js", import.meta.url).href;

/** Runs a script that has started the harness `kn`, as a test runner of its own. */
function runner(then: string) {
  const testApp = new URL("../../support/test-app.mjs", import.meta.url).pathname;
  const options = { files: ["service.yaml"], services: { hello: { command: [process.execPath, testApp] } } };
  const code = `
    import { createHarness } from ${JSON.stringify(library)};
    const kn = createHarness(${JSON.stringify(options)});
    await kn.start();
    console.log((await kn.service("hello").fetch("/whoami").then((r) => r.json())).pid);
    ${then}`;
  const args = ["--input-type=module", "-e", code];
  const child = spawn(process.execPath, args, { cwd: home.cwd, env: home.env, stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => (text += part));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const appPid = () =>
    eventually(() => (text.includes("\n") ? Number(text) : Promise.reject(new Error("not yet"))), 40_000);
  return { child, ended, appPid };
}

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
const untilGone = (pid: number) =>
  eventually(() => {
    expect(isRunning(pid)).toBe(false);
    expect(home.sessions()).toEqual([]);
  }, 30_000);

describe("the start of a harness", () => {
  test("a Service that fails rejects `start` with condition, last output and progress, and leaves nothing", async () => {
    const failing = manifest().replace(':v1" }', ':v1", env: [{ name: EXIT_AT_START, value: "3" }] }');
    writeFileSync(join(home.cwd, "service.yaml"), failing);
    const kn = home.harness();
    const error = await kn.start().catch((reason: Error) => reason);
    expect(String(error)).toMatch(
      /^HarnessError: Service hello failed\n[\s\S]*giving up[\s\S]*the session's last lines:/,
    );
    expect(home.sessions()).toEqual([]);
    expect(() => kn.ingress).toThrow("the harness is not started");
  });

  test("errors in options and manifests reject `start` with place and remedy", async () => {
    await expect(home.harness({ clok: "virtual" } as never).start()).rejects.toThrow('did you mean "clock"?');
    await expect(home.harness({ cwd: join(home.cwd, "none") }).start()).rejects.toThrow("does not exist");
    await expect(home.harness({ images: { "acme/other": "x" } }).start()).rejects.toThrow(
      /no container has the image "acme\/other"[\s\S]*the files name ghcr.io\/acme\/hello:v1/,
    );
    writeFileSync(join(home.cwd, "service.yaml"), manifest().replace("containers", "contaners"));
    await expect(home.harness().start()).rejects.toThrow(/service\.yaml:7:\d+: error: /);
  });

  test("eight harnesses run side by side, each with its own port and Services", async () => {
    const all = Array.from({ length: 8 }, () => home.harness());
    await Promise.all(all.map((kn) => kn.start()));
    const answers = await Promise.all(all.map((kn) => kn.service("hello").fetch("/whoami")));
    const pids = await Promise.all(answers.map(async (each) => ((await each.json()) as { pid: number }).pid));
    expect(new Set(pids).size).toBe(8);
    expect(new Set(all.map((kn) => kn.ingress.port)).size).toBe(8);
    await Promise.all(all.map((kn) => kn.close()));
    expect(home.sessions()).toEqual([]);
  });
});

describe("the end of a harness", () => {
  test("a runner that does not close its harness can end, and its session ends with it", async () => {
    const { ended, appPid } = runner("");
    const pid = await appPid();
    expect(await ended).toBe(0);
    await untilGone(pid);
  });

  test("a killed runner leaves neither session nor processes", async () => {
    const { child, appPid } = runner("setInterval(() => {}, 1000);");
    const pid = await appPid();
    child.kill("SIGKILL");
    await untilGone(pid);
  });
});
