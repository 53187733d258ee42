import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { gitIgnores } from "../../../src/dev/git-ignore.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "knap-git-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test.each([
  ["*.out", ["a.out", "deep/a.out"], ["a.outs"]],
  ["/build", ["build", "build/x"], ["src/build"]],
  ["docs/*.txt", ["docs/a.txt"], ["docs/deep/a.txt", "src/docs/a.txt"]],
  ["logs/", ["logs/x", "deep/logs/x"], ["logs"]],
  ["a/**/b", ["a/b", "a/x/y/b"], ["b"]],
  ["**/tmp", ["tmp", "x/tmp"], ["tmpx"]],
  ["cache/**", ["cache/x/y"], ["cache"]],
  ["*.o\n!keep.o", ["a.o"], ["keep.o"]],
  ["data/\n!data/keep", ["data/keep"], []],
  ["[ab].js\n[!c].ts\nx?.md", ["a.js", "d.ts", "x1.md"], ["c.js", "c.ts", "x.md"]],
  ["# comment\n\\#file\n\\!bang\nspace \r", ["#file", "!bang", "space"], ["# comment"]],
  ["a+(b.js\n[", ["a+(b.js"], ["aab.js"]],
])("%j excludes %j but not %j (11 C1)", (text, ignored, kept) => {
  writeFileSync(join(root, ".gitignore"), text);
  const isIgnored = gitIgnores(root);
  expect(ignored.filter((path) => !isIgnored(path))).toEqual([]);
  expect(kept.filter(isIgnored)).toEqual([]);
});

test("the files of the repository's folder and of subfolders count, and deeper ones win (11 C1)", () => {
  mkdirSync(join(root, ".git", "info"), { recursive: true });
  mkdirSync(join(root, "app", "src"), { recursive: true });
  writeFileSync(join(root, ".git", "info", "exclude"), "private.txt\n");
  writeFileSync(join(root, ".gitignore"), "*.out\n/app/local.json\n");
  writeFileSync(join(root, "app", "src", ".gitignore"), "!wanted.out\n");
  const isIgnored = gitIgnores(join(root, "app"));
  const paths = ["a.out", "local.json", "src/wanted.out", "src/a.out", "private.txt", "a.mjs"];
  expect(paths.filter(isIgnored)).toEqual(["a.out", "local.json", "src/a.out", "private.txt"]);
});

test("a folder that its repository ignores is read as a repository of its own (11 C1)", () => {
  mkdirSync(join(root, ".git"));
  mkdirSync(join(root, "tmp", "app"), { recursive: true });
  writeFileSync(join(root, ".gitignore"), "tmp/\n");
  writeFileSync(join(root, "tmp", "app", ".gitignore"), "*.out\n");
  expect(["a.mjs", "a.out"].filter(gitIgnores(join(root, "tmp", "app")))).toEqual(["a.out"]);
});
