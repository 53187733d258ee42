import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeLaunchEntry } from "../../../../src/cli/debug/write-launch.ts";
import type { DebugState } from "../../../../src/client/debug.ts";

const state: DebugState = {
  namespace: "default",
  service: "hello",
  revision: "hello-00001",
  debugger: "node",
  host: "127.0.0.1",
  port: 9229,
  containerPort: 9229,
  attached: 0,
  waits: false,
};

let home: string;
let project: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "knap-launch-"));
  project = join(home, "code", "project");
  mkdirSync(project, { recursive: true });
  mkdirSync(join(home, ".vscode"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const written = (folder: string): boolean => existsSync(join(folder, ".vscode", "launch.json"));

test("a .vscode folder above a project without a repository, for example that of VS Code itself, is left alone", async () => {
  await writeLaunchEntry(state, project);
  expect([written(home), written(project)]).toEqual([false, true]);
});

test.each(["", "code"])("the nearest .vscode folder of the repository in %j gets the entry", async (repository) => {
  mkdirSync(join(home, repository, ".git"));
  mkdirSync(join(home, "code", ".vscode"));
  await writeLaunchEntry(state, project);
  expect([written(home), written(join(home, "code")), written(project)]).toEqual([false, true, false]);
});
