// Tests which commands an installation of the dependencies also runs.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type DockerfileFacts, readDockerfile } from "../../../src/project/dockerfile.ts";
import { readInstallCommands } from "../../../src/project/install-scripts.ts";

async function commandsOf(copies: readonly string[], packages: Readonly<Record<string, object>>): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "knap-packages-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries(packages)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), JSON.stringify(content));
  }
  const facts = readDockerfile(["FROM node", ...copies, "RUN npm ci"].join("\n")) as DockerfileFacts;
  return [...(await readInstallCommands(facts, folder))].sort();
}
const running = (prepare: string, more: object = {}) => ({ scripts: { prepare, test: "tsc" }, ...more });
const packages = {
  "package.json": running("root"),
  "app/package.json": running("app"),
  "other/package.json": running("other"),
  "node_modules/a/package.json": running("dependency"),
};

test.each([
  ["COPY . .", ["root"]],
  ["COPY package*.json ./", ["root"]],
  ["COPY app/package.json app/package-lock.json ./", ["app"]],
  ["COPY app ./", ["app"]],
  ["COPY ./app/ /srv/", ["app"]],
  ["COPY app/src ./src", []],
  ["COPY */package.json ./", []],
])("%s: the scripts of the package.json files that it copies", async (copy, expected) => {
  expect(await commandsOf([copy], packages)).toEqual(expected);
});

test("workspaces count with their root, without installed dependencies", async () => {
  const monorepo = { ...packages, "packages/web/package.json": running("web") };
  const root = running("root", { workspaces: ["packages/*", "app"] });
  expect(await commandsOf(["COPY . ."], { ...monorepo, "package.json": root })).toEqual([
    "app",
    "other",
    "root",
    "web",
  ]);
  expect(await commandsOf(["COPY . ."], { ...monorepo, "pnpm-workspace.yaml": {} })).toContain("web");
});
