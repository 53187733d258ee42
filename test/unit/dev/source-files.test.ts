import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hashSources, sourceFilter } from "../../../src/dev/source-files.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "knap-dev-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const write = (name: string, text: string) => writeFile(join(folder, name), text);
const hash = (apart: readonly string[] = []) =>
  hashSources(folder, sourceFilter(folder, "Dockerfile", new Set(apart.map((name) => join(folder, name)))));

describe("the hash of sources", () => {
  test("depends on names and contents only", async () => {
    await write("a.mjs", "1");
    const first = await hash();
    await write("a.mjs", "1");
    expect(await hash()).toBe(first);
    await write("a.mjs", "2");
    expect(await hash()).not.toBe(first);
  });

  test("excludes files of .dockerignore, editors' temporary files, and separately watched files", async () => {
    await write("a.mjs", "1");
    await write(".dockerignore", "*.md\nlogs\n");
    const first = await hash(["service.yaml"]);
    await mkdir(join(folder, "logs"));
    await mkdir(join(folder, "node_modules"));
    for (const name of ["README.md", "logs/x", "node_modules/y", ".a.mjs.swp", "a.mjs~", "service.yaml"])
      await write(name, "new");
    expect(await hash(["service.yaml"])).toBe(first);
  });
});
