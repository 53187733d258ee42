// Runs the sample projects of examples/testing in empty folders, with the packed package, on processes.
import { execFile, execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Finished, KnapHome } from "../../support/knap.ts";

const root = new URL("../../../", import.meta.url).pathname;
const pack = new URL("../../../scripts/pack.mjs", import.meta.url).href;
let home: KnapHome;
beforeAll(() => {
  home = new KnapHome({ KNAP_RUNTIME: "process" });
});
afterAll(() => home[Symbol.dispose]());

/** Copies a sample to a folder of its own. */
function copy(name: string): string {
  const folder = join(home.folder, name);
  cpSync(join(root, "examples/testing", name), folder, { recursive: true });
  return folder;
}

const hasPython = ["/usr/bin", "/usr/local/bin", ...(process.env["PATH"] ?? "").split(":")].some((folder) =>
  existsSync(join(folder, "python3")),
);

test.skipIf(!hasPython)("the Python sample uses the endpoints of knap.dev with the standard library", async () => {
  const done = await home.run(["ci", "--clock", "virtual", "--", "python3", "-B", "-m", "unittest"], copy("python"));
  expect(done).toMatchObject({ code: 0, stderr: expect.stringMatching(/Ran 2 tests[\s\S]*OK/) });
});

describe("with the packed package", () => {
  let unpacked: string;
  beforeAll(async () => {
    const { packRelease } = (await import(pack)) as { packRelease(folder: string): Promise<string> };
    const tarball = await packRelease(join(home.folder, "tarball"));
    unpacked = join(home.folder, "unpacked");
    mkdirSync(unpacked);
    execFileSync("tar", ["-xzf", tarball, "-C", unpacked, "--strip-components=1"]);
  }, 120_000);

  /** Runs a sample with the runner of this repository, as after `npm install` in its folder. */
  function runSample(name: string, args: readonly string[]): Promise<Finished> {
    const folder = copy(name);
    mkdirSync(join(folder, "node_modules"));
    cpSync(unpacked, join(folder, "node_modules/knap"), { recursive: true });
    const runner = join(root, "node_modules", name);
    if (existsSync(runner)) symlinkSync(runner, join(folder, "node_modules", name));
    const { VITEST, NODE_OPTIONS, NODE_ENV, ...env } = home.env;
    return new Promise((resolve) => {
      const child = execFile(process.execPath, args, { cwd: folder, env, encoding: "utf8" }, (_, stdout, stderr) =>
        resolve({ code: child.exitCode, stdout, stderr }),
      );
    });
  }

  test.each([
    ["vitest", ["node_modules/vitest/vitest.mjs", "run"], /2 passed/],
    ["node-test", ["--test"], /# pass 2/],
    ["jest", ["node_modules/jest/bin/jest.js"], /2 passed/],
  ])("the sample of %s passes", async (name, args, summary) => {
    const { code, stdout, stderr } = await runSample(name, args);
    expect({ code, output: stdout + stderr }).toMatchObject({ code: 0, output: expect.stringMatching(summary) });
    expect(home.sessions()).toEqual([]);
  });
});
