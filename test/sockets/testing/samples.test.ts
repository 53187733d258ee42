// Runs the Python sample of examples/testing on processes. `test/sockets/cli/package.test.ts` runs the others.
import { cpSync, existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { KnapHome } from "../../support/knap.ts";

const samples = new URL("../../../examples/testing", import.meta.url).pathname;
let home: KnapHome;
beforeAll(() => {
  home = new KnapHome({ KNAP_RUNTIME: "process" });
});
afterAll(() => home[Symbol.dispose]());

const hasPython = ["/usr/bin", "/usr/local/bin", ...(process.env["PATH"] ?? "").split(":")].some((folder) =>
  existsSync(join(folder, "python3")),
);

test.skipIf(!hasPython)("the Python sample uses the endpoints of knap.dev with the standard library", async () => {
  const folder = join(home.folder, "python");
  cpSync(join(samples, "python"), folder, { recursive: true });
  const done = await home.run(["ci", "--clock", "virtual", "--", "python3", "-B", "-m", "unittest"], folder);
  expect(done).toMatchObject({ code: 0, stderr: expect.stringMatching(/Ran 2 tests[\s\S]*OK/) });
});
