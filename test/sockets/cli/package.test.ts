// The package as npm hands it out: what package.json promises is there once it is built, and Node has nothing to say
// against it.
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { KnapHome } from "../../support/knap.ts";

const root = new URL("../../../", import.meta.url).pathname;

/** The strings of a nest of objects: the targets of `exports` have conditions in conditions. */
const leaves = (value: unknown): readonly string[] =>
  typeof value === "string" ? [value] : Object.values(value as object).flatMap(leaves);

test("the build makes every command, export and folder that package.json names", () => {
  const { bin, exports, files } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
  const promised = [...leaves(bin), ...leaves(exports), ...(files as string[])];
  expect(promised.filter((path) => !existsSync(`${root}${path}`))).toEqual([]);
  expect(promised).toContain("dist/cli.js");
});

test("a session makes no deprecated call on the Node that runs this test", async () => {
  using home = new KnapHome({ KNAP_RUNTIME: "process", NODE_OPTIONS: "--pending-deprecation --throw-deprecation" });
  const script = 'const { status } = await fetch(process.env.KNAP_URL); console.log("status", status)';
  const ask = ["--", process.execPath, "--input-type=module", "-e", script];
  const done = await home.run(["ci", "-f", `${root}examples/hello`, ...ask]);
  expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining("status 200") });
  expect(done.stderr).not.toMatch(/\(node:\d+\)|Warning:/);
});
