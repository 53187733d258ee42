// Runs the sample projects of examples/testing in copies, on processes.
import { execFileSync } from "node:child_process";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { KnapHome } from "../../support/knap.ts";

const samples = new URL("../../../examples/testing", import.meta.url).pathname;
let home: KnapHome;
beforeEach(() => {
  home = new KnapHome({ KNAP_RUNTIME: "process" });
});
afterEach(() => home[Symbol.dispose]());

function hasPython(): boolean {
  try {
    execFileSync("python3", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

test.skipIf(!hasPython())("the Python sample uses the endpoints of knap.dev with the standard library", async () => {
  const folder = join(home.folder, "python");
  cpSync(join(samples, "python"), folder, { recursive: true });
  const done = await home.run(["ci", "--clock", "virtual", "--", "python3", "-B", "-m", "unittest"], folder);
  expect(done).toMatchObject({ code: 0, stderr: expect.stringMatching(/Ran 2 tests[\s\S]*OK/) });
});
