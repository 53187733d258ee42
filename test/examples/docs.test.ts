// Runs the shell blocks of README.md and docs/ that begin with ```sh test.

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KnapHome } from "../support/knap.ts";

const root = new URL("../../", import.meta.url).pathname;
const pages = ["README.md", ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`)];

function blocksOf(page: string): readonly (readonly [string, string])[] {
  const text = readFileSync(join(root, page), "utf8");
  const blocks = [...text.matchAll(/^```sh test\n([\s\S]*?)^```$/gm)];
  return blocks.map(([, script = ""], index) => [`${page} block ${index + 1}`, script]);
}

const blocks = pages.flatMap(blocksOf);

describe("the shell blocks of the pages", () => {
  let home: KnapHome;
  let work: string;
  beforeAll(() => {
    home = new KnapHome({ KNAP_RUNTIME: "process", EXAMPLES: join(root, "examples") });
    work = mkdtempSync(join(tmpdir(), "knap-docs-"));
    mkdirSync(join(work, "bin"));
    const knap = `#!/bin/sh\nexec "${process.execPath}" "${join(root, "dist/cli.js")}" "$@"\n`;
    writeFileSync(join(work, "bin/knap"), knap, { mode: 0o755 });
  });
  afterAll(() => {
    rmSync(work, { recursive: true, force: true });
    home[Symbol.dispose]();
  });

  test("there are at least three tested blocks", () => {
    expect(blocks.length).toBeGreaterThanOrEqual(3);
  });

  test.each(blocks)("%s runs", async (name, script) => {
    const cwd = join(work, name.replaceAll(/\W/g, "-"));
    mkdirSync(cwd);
    const env = { ...home.env, PATH: `${join(work, "bin")}:${process.env["PATH"]}` };
    const child = spawn("bash", ["-e", "-c", script], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect({ code, output }).toMatchObject({ code: 0 });
  });
});
