import { describe, expect, test } from "vitest";
import {
  type ChangeContext,
  type ChangedFile,
  planContainerChange,
  planProcessChange,
} from "../../../src/dev/change-planner.ts";
import { makeMatcher } from "../../../src/dev/watch-matcher.ts";
import type { WatchAction } from "../../../src/project/develop-schema.ts";
import type { WatchRule } from "../../../src/project/project.ts";

const rule = (path: string, action: WatchAction, more: Partial<WatchRule> = {}): WatchRule => ({
  path: `/project/${path}`,
  action,
  target: action.startsWith("sync") ? `/app/${path}` : undefined,
  include: [],
  ignore: [],
  initialSync: false,
  ...more,
});
const changed = (...names: readonly string[]): readonly ChangedFile[] =>
  names.map((name) => ({
    name: name.replace(/^-/, ""),
    path: `/project/${name.replace(/^-/, "")}`,
    isGone: name.startsWith("-"),
  }));
const context = (rules: readonly WatchRule[], inImage: readonly string[] = []): ChangeContext => ({
  matchers: rules.map((each) => makeMatcher(each, (path) => path.endsWith("excluded.ts"))),
  isBuildFile: (name) => name === "Dockerfile",
  isSource: (path) => !path.includes("/outside/"),
  isInImage: (name) => inImage.includes(name),
  isBuilt: true,
});
const plan = (files: readonly string[], rules: readonly WatchRule[], inImage: readonly string[] = []) =>
  planContainerChange(changed(...files), context(rules, inImage));
const copy = (name: string, target = `/app/${name}`) => ({ target, source: `/project/${name}` });
const synced = { action: "sync", restart: false, commands: [] };

describe("the plan for changed files of a container", () => {
  const sync = rule("src", "sync");

  test("a file of a sync rule is copied to its place below the target", () => {
    expect(plan(["src/deep/a.ts"], [sync])).toEqual({ ...synced, files: [copy("src/deep/a.ts")] });
    const file = rule("a.conf", "sync", { target: "/etc/app.conf" });
    expect(plan(["a.conf"], [file])).toEqual({ ...synced, files: [copy("a.conf", "/etc/app.conf")] });
  });

  test("a file of the build that no rule covers is a rebuild; other files are nothing", () => {
    expect(plan(["README.md"], [sync])).toEqual({ action: "rebuild" });
    expect(plan(["outside/a"], [sync])).toEqual({ action: "none" });
    expect(plan(["src/a.ts"], [])).toEqual({ action: "rebuild" });
  });

  test("the strongest action wins", () => {
    const exec = { command: ["reload"], user: "node" };
    const rules = [
      sync,
      rule("conf", "sync+exec", { exec }),
      rule("lib", "sync+restart"),
      rule("package.json", "rebuild"),
    ];
    expect(plan(["src/a", "conf/b"], rules)).toEqual({
      action: "sync",
      restart: false,
      commands: [exec],
      files: [copy("src/a"), copy("conf/b")],
    });
    expect(plan(["src/a", "conf/b", "lib/c"], rules)).toMatchObject({ restart: true, commands: [exec] });
    expect(plan(["src/a", "package.json"], rules)).toEqual({ action: "rebuild" });
    expect(plan(["src/a", "Dockerfile"], [...rules, rule(".", "sync", { path: "/project" })])).toEqual({
      action: "rebuild",
    });
  });

  test("restart restarts without a copy, and a file of two rules is copied to both targets", () => {
    expect(plan(["src/a"], [rule("src", "restart")])).toEqual({ ...synced, restart: true, files: [] });
    const twice = plan(["src/a"], [sync, rule("src", "sync", { target: "/copy" })]);
    expect(twice).toEqual({ ...synced, files: [copy("src/a"), copy("src/a", "/copy/a")] });
  });

  test("a command runs once for all files of its rule", () => {
    const files = plan(["src/a", "src/b"], [rule("src", "sync+exec", { exec: { command: ["reload"] } })]);
    expect(files).toMatchObject({ commands: [{ command: ["reload"] }] });
  });

  test("a deleted file that only a sync brought is deleted first; one that the image has is a rebuild, with the reason", () => {
    expect(plan(["src/a", "-src/b"], [sync])).toEqual({
      ...synced,
      files: [{ target: "/app/src/b", source: undefined }, copy("src/a")],
    });
    expect(plan(["src/a", "-src/b"], [sync], ["src/b"])).toEqual({
      action: "rebuild",
      reason: "src/b was deleted, and the image has it",
    });
    expect(plan(["-src/b"], [rule("src", "restart")], ["src/b"])).toMatchObject({ action: "sync", restart: true });
  });

  test("include is applied before ignore, and patterns are relative to the path of the rule", () => {
    const patterns = rule("src", "sync", { include: ["**/*.ts"], ignore: ["**/*.test.ts", "gen/"] });
    const isSynced = (name: string): boolean => plan([name], [patterns]).action === "sync";
    expect(["src/a.ts", "src/deep/a.ts"].map(isSynced)).toEqual([true, true]);
    expect(["src/a.js", "src/a.test.ts", "src/gen/a.ts", "src/excluded.ts", "srcs/a.ts"].some(isSynced)).toBe(false);
  });

  test("temporary files of editors, .git and node_modules belong to no rule, unless the rule names them", () => {
    const isSynced = (name: string): boolean => plan([name], [sync]).action === "sync";
    const names = [
      "src/a.ts~",
      "src/.a.ts.swp",
      "src/4913",
      "src/#a#",
      "src/.#a",
      "src/a___jb_tmp___",
      "src/___jb_old___",
    ];
    expect([...names, "src/.git/HEAD", "src/node_modules/x/y.js"].filter(isSynced)).toEqual([]);
    expect(plan(["src/seed.db"], [rule("src/seed.db", "sync")])).toMatchObject({ action: "sync" });
  });
});

describe("the plan for changed files of a process", () => {
  const process = (files: readonly string[], rules: readonly WatchRule[] = [], reloads = false) =>
    planProcessChange(changed(...files), { ...context(rules), reloads });
  const restart = { action: "sync", files: [], restart: true, commands: [] };

  test("a source file is a restart, and changed settings are a new revision", () => {
    expect(process(["a.mjs"])).toEqual(restart);
    expect(process(["outside/a"])).toEqual({ action: "none" });
    expect(process(["a.mjs", "Dockerfile"])).toEqual({ action: "rebuild" });
  });

  test("files that only sync rules cover need nothing, because the process reads them itself", () => {
    const rules = [rule("public", "sync"), rule("src", "sync+restart"), rule("package.json", "rebuild")];
    expect(process(["public/a.css"], rules)).toEqual({ action: "none" });
    for (const name of ["src/a", "package.json", "other"]) expect(process([name], rules)).toEqual(restart);
  });

  test("a command that reloads changed code is left alone, except for files whose rule does not say sync", () => {
    const rules = [rule(".env", "restart"), rule("public", "sync")];
    for (const name of ["a.mjs", "public/a.css"]) expect(process([name], rules, true)).toEqual({ action: "none" });
    expect(process(["a.mjs", ".env"], rules, true)).toEqual(restart);
    expect(process(["Dockerfile"], [], true)).toEqual({ action: "rebuild" });
  });
});
