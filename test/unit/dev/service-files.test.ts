import { chmod, mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Service } from "../../../src/apis/serving/types.ts";
import { hashFiles } from "../../../src/dev/hash-files.ts";
import { ServiceFiles } from "../../../src/dev/service-files.ts";
import type { BuildPlan, DevelopPlan, WatchRule } from "../../../src/project/project.ts";

let folder = "";
const at = (name: string): string => join(folder, name);
const write = (name: string, text: string) => writeFile(at(name), text);
const rule = (path: string): WatchRule => ({
  path: at(path),
  target: `/app/${path}`,
  action: "sync",
  include: [],
  ignore: [],
  initialSync: false,
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "knap-dev-"));
  await mkdir(at("app/src"), { recursive: true });
  await mkdir(at("shared"));
  await write("app/src/a.js", "1");
  await write("shared/x.js", "1");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function filesOf(more: { build?: BuildPlan; develop?: DevelopPlan; isBuilt?: boolean }): ServiceFiles {
  const object = { apiVersion: "v1", kind: "Service", metadata: { name: "x" } } as unknown as Service;
  const { isBuilt = true, ...settings } = more;
  const start = { command: ["npm", "run", "dev"], folder: at("app"), env: {} };
  const service = { key: "default/x", object, folder: at("app"), image: "x", start, ...settings };
  return new ServiceFiles({ service, isBuilt, cwd: "/", inputs: new Set(), isOwnFile: () => false });
}
const build = () => ({ context: at("app"), dockerfile: at("app/Dockerfile"), args: {}, bases: [] as const });
const develop = (...rules: readonly WatchRule[]): DevelopPlan => ({ rules, isInferred: false });

describe("the files of a Service", () => {
  test("a file that is only reached through a link in the sources is none of them, so it is never deleted", async () => {
    await symlink("../../shared", at("app/src/shared"));
    const files = filesOf({ build: build(), develop: develop(rule("app/src")) });
    const seen = await files.readAll();
    const saved = await files.readChanged(seen, [at("app/src/shared/x.js")]);
    expect(saved).toEqual(seen);
    expect([...saved.keys()].filter((name) => name.startsWith("src/"))).toEqual(["src/a.js", "src/shared"]);
  });

  test("files of a folder that becomes a link are gone at once", async () => {
    const files = filesOf({ build: build(), develop: develop(rule("app/src")) });
    await rename(at("shared"), at("app/src/shared"));
    const seen = await files.readAll();
    expect(seen.has("src/shared/x.js")).toBe(true);
    await rename(at("app/src/shared"), at("shared"));
    await symlink("../../shared", at("app/src/shared"));
    expect(await files.readChanged(seen, [at("app/src/shared")])).toEqual(await files.readAll());
  });

  test("a rule whose path is a link covers the files of its folder", async () => {
    await symlink("../shared", at("app/link"));
    const files = filesOf({ build: build(), develop: develop(rule("app/link")) });
    const seen = await files.readAll();
    await write("shared/x.js", "2");
    const next = await files.readChanged(seen, [at("app/link/x.js")]);
    expect(next).toEqual(await files.readAll());
    const source = at("app/link/x.js");
    expect(files.plan(seen, next, seen)).toMatchObject({ files: [{ target: "/app/app/link/x.js", source }] });
  });

  test("only a file that does not exist is gone; one that cannot be read stays, or the reading fails", async () => {
    await write("large", "x".repeat(3_000_000));
    const many = Array.from({ length: 100 }, (_, index) => at(`many${index}`));
    for (const path of many) await writeFile(path, path);
    const paths = [at("large"), at("none"), at("large/below"), at("app"), ...many];
    const hashes = new Map(await hashFiles(paths, [folder]));
    expect(paths.filter((path) => hashes.get(path) === undefined)).toEqual([at("none"), at("large/below"), at("app")]);
    expect(new Set(hashes.values()).size).toBe(102);
    await expect(hashFiles([at("a".repeat(300))], [folder])).rejects.toThrow("ENAMETOOLONG");
    await chmod(at("large"), 0);
    // root may read it.
    expect((await hashFiles([at("large")], [folder]))[0]?.[1]).toBeDefined();
  });

  test("a source file with the name knap.yaml and the settings of the build do not replace each other", async () => {
    await write("app/knap.yaml", "1");
    const before = await filesOf({ build: build() }).readAll();
    await write("app/knap.yaml", "2");
    const files = filesOf({ build: build(), develop: develop({ ...rule("app"), initialSync: true }) });
    expect(files.plan(before, await files.readAll(), before)).toMatchObject({ action: "sync" });
    const changed = filesOf({ build: { ...build(), args: { a: "b" } }, develop: develop(rule("app")) });
    const next = await changed.readAll();
    expect(changed.plan(before, next, before)).toEqual({ action: "rebuild" });
    expect(changed.imageFiles(next, next).size).toBe(next.size);
  });

  test("files that need a rebuild are no files of an initial sync, although its rule covers them", async () => {
    await write("app/Dockerfile", "FROM x");
    await write("app/package.json", "{}");
    const manifest: WatchRule = { ...rule("app/package.json"), target: undefined, action: "rebuild" };
    const files = filesOf({ build: build(), develop: develop({ ...rule("app"), initialSync: true }, manifest) });
    const all = await files.readAll();
    expect([...files.imageFiles(all, all).keys()].sort()).toEqual(["./knap.yaml", "Dockerfile", "package.json"]);
  });

  test("a file that is deleted in the instances of an image that knap does not build is a sync with a notice", async () => {
    const files = filesOf({ develop: develop(rule("app/src")) });
    const seen = await files.readAll();
    await rm(at("app/src/a.js"));
    const next = await files.readChanged(seen, [at("app/src/a.js")]);
    expect(files.plan(seen, next, seen)).toMatchObject({
      action: "sync",
      files: [{ target: "/app/app/src/a.js" }],
      notice: "src/a.js is deleted in running instances; later ones have it again if the image has it",
    });
    expect(files.plan(seen, next, new Map())).not.toHaveProperty("notice");
  });

  test("the command of a process that reloads changed code overrides rules from the Dockerfile only", async () => {
    const rules = [{ ...rule("app/src"), action: "restart" as const }];
    const actionOf = async (isInferred: boolean) => {
      const files = filesOf({ isBuilt: false, develop: { rules, isInferred, reloader: "vite" } });
      const seen = await files.readAll();
      return files.plan(seen, new Map([...seen, ["src/a.js", "changed"]]), seen).action;
    };
    expect([await actionOf(true), await actionOf(false)]).toEqual(["none", "sync"]);
  });

  test("a file that a rule ignores changes nothing, unless another rule covers it or it determines the image", async () => {
    const ignoring = { ...rule("app/src"), include: ["**/*.js", ".dockerignore"], ignore: ["*.test.js", ".*"] };
    const names = ["a.test.js", "a.js", "a.css", ".dockerignore"];
    const covered = (...rules: readonly WatchRule[]) =>
      [{ build: build() }, { isBuilt: false }].map((more) => {
        const files = filesOf({ ...more, develop: develop(ignoring, ...rules) });
        return names.filter((name) => files.covers(at(`app/src/${name}`)));
      });
    const sources = ["a.js", "a.css", ".dockerignore"];
    expect(covered()).toEqual([sources, sources]);
    expect(covered({ ...rule("app/src/a.test.js"), action: "rebuild" })).toEqual([names, names]);
  });

  test("a watched folder itself is told from the files in it, also if it does not exist yet", () => {
    const files = filesOf({ develop: develop(rule("app/src"), rule("later"), rule("app/src/a.js")) });
    const paths = ["app/src", "later", "app/src/a.js", "app/src/b.js"];
    expect(paths.filter((path) => files.isFolderRoot(at(path)))).toEqual(["app/src", "later"]);
  });
});
