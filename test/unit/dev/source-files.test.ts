import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Service } from "../../../src/apis/serving/types.ts";
import { ServiceFiles } from "../../../src/dev/service-files.ts";
import type { WatchRule } from "../../../src/project/project.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "knap-dev-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const write = (name: string, text: string) => writeFile(join(folder, name), text);
const read = async (inputs: readonly string[] = [], own: readonly string[] = []) => {
  const object = {
    apiVersion: "serving.knative.dev/v1",
    kind: "Service",
    metadata: { name: "x" },
  } as unknown as Service;
  const service = { key: "default/x", object, image: "x", start: { command: ["node"], folder, env: {} } };
  const files = new ServiceFiles({
    service,
    isBuilt: false,
    cwd: folder,
    inputs: new Set(inputs.map((name) => join(folder, name))),
    isOwnFile: (path) => own.includes(path.slice(folder.length + 1)),
  });
  return new Map([...(await files.readAll())].slice(1));
};

describe("source files", () => {
  test("source files have hashes that depend only on their contents", async () => {
    await write("a.mjs", "1");
    const first = await read();
    await write("a.mjs", "1");
    expect(await read()).toEqual(first);
    await write("a.mjs", "2");
    expect(await read()).not.toEqual(first);
  });

  test("files that .gitignore excludes, and files that programs or knap write, are not sources (11 C1)", async () => {
    await write("a.mjs", "1");
    await write(".gitignore", "/data/\n*.out\n!keep.out\n");
    for (const name of ["data", "coverage", ".next", "__pycache__", "src"]) await mkdir(join(folder, name));
    await write("src/.gitignore", "generated.ts\n");
    const names = ["data/x", "app.out", "src/app.out", "keep.out", "src/generated.ts", "src/b.ts", "generated.ts"];
    const written = ["coverage/x", ".next/y", "__pycache__/a.pyc", "app.log", "shop.sqlite-wal", "shop.db", "up.txt"];
    for (const name of [...names, ...written]) await write(name, "new");
    const sources = ["a.mjs", "generated.ts", "keep.out", "src/b.ts"];
    const found = [...(await read([], ["up.txt"])).keys()].filter((name) => !name.endsWith(".gitignore"));
    expect(found).toEqual(sources);
  });

  test("files of .dockerignore, editors' temporary files, and separately watched files are not sources", async () => {
    await write("a.mjs", "1");
    await write(".dockerignore", "*.md\nlogs\n");
    const first = await read(["service.yaml"]);
    await mkdir(join(folder, "logs"));
    await mkdir(join(folder, "node_modules"));
    for (const name of ["README.md", "logs/x", "node_modules/y", ".a.mjs.swp", "a.mjs~", "service.yaml"])
      await write(name, "new");
    expect(await read(["service.yaml"])).toEqual(first);
  });

  test("a manifest of dependencies in a subfolder is a rebuild although a rule from the Dockerfile covers its folder", async () => {
    await mkdir(join(folder, "packages"));
    await write("packages/package.json", "{}");
    const rule: WatchRule = {
      path: folder,
      target: "/app",
      action: "sync",
      include: [],
      ignore: [],
      initialSync: false,
    };
    const object = { apiVersion: "v1", kind: "Service", metadata: { name: "x" } } as unknown as Service;
    const build = { context: folder, dockerfile: join(folder, "Dockerfile"), args: {}, bases: [] };
    const planOf = async (isInferred: boolean) => {
      const service = { key: "default/x", object, image: "x", build, develop: { rules: [rule], isInferred } };
      const files = new ServiceFiles({ service, isBuilt: true, cwd: "/", inputs: new Set(), isOwnFile: () => false });
      const seen = await files.readAll();
      return files.plan(seen, new Map([...seen, ["packages/package.json", "changed"]]), seen).action;
    };
    expect([await planOf(true), await planOf(false)]).toEqual(["rebuild", "sync"]);
  });
});
