// Tests the packed tarball, installed into an empty folder as a user installs it.
import { spawnSync } from "node:child_process";
import {
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = new URL("../../../", import.meta.url).pathname;
const MAX_BYTES = 8_000_000;

function sizeOf(folder: string): number {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return files.reduce((sum, file) => sum + lstatSync(join(folder, file)).size, 0);
}

describe("the packed package", () => {
  let base: string;
  let folder: string;
  let tarball: string;

  const exec = (program: string, args: readonly string[], cwd = folder): string => {
    const { KNAP_SESSION, CI, ...env } = process.env;
    const own = {
      KNAP_RUNTIME: "process",
      XDG_RUNTIME_DIR: base,
      XDG_STATE_HOME: base,
      npm_config_cache: join(base, ".npm"),
    };
    const offline = { npm_config_offline: "true", npm_config_audit: "false", npm_config_update_notifier: "false" };
    const ran = spawnSync(program, args, { cwd, env: { ...env, ...own, ...offline }, encoding: "utf8" });
    if (ran.status !== 0) throw new Error(`${program} ${args.join(" ")} failed:\n${ran.stdout}${ran.stderr}`);
    return ran.stdout;
  };
  /** Runs a program of the installed package and returns its standard output. */
  const run = (program: string, ...args: string[]): string => exec(join(folder, "node_modules/.bin", program), args);

  /** Stands for `npm install`, without a registry. */
  const linkModules = (...names: readonly string[]): void => {
    for (const name of names) {
      const path = join(folder, "node_modules", name);
      mkdirSync(dirname(path), { recursive: true });
      symlinkSync(join(root, "node_modules", name), path);
    }
  };

  beforeAll(() => {
    base = mkdtempSync(join(tmpdir(), "knap-package-"));
    folder = join(base, "project");
    mkdirSync(folder);
    // This also runs publint and Are The Types Wrong on the tarball.
    tarball = exec(process.execPath, [join(root, "scripts/pack.mjs"), base]).trim();
    writeFileSync(join(folder, "package.json"), '{ "name": "consumer", "private": true }');
    exec("npm", ["install", "--save-dev", tarball]);
  }, 180_000);
  afterAll(() => rmSync(base, { recursive: true, force: true }));

  test("the installed package is a single package of at most 8 MB without an install script", () => {
    const modules = join(folder, "node_modules");
    expect(readdirSync(modules).filter((name) => !name.startsWith("."))).toEqual(["knap"]);
    expect(sizeOf(join(modules, "knap"))).toBeLessThan(MAX_BYTES);
    const { scripts = {} } = JSON.parse(readFileSync(join(modules, "knap/package.json"), "utf8"));
    expect(Object.keys(scripts)).not.toEqual(expect.arrayContaining([expect.stringMatching(/install$/)]));
  });

  test("the NOTICE file names the licence of every bundled package", () => {
    const notice = readFileSync(join(folder, "node_modules/knap/dist/NOTICE"), "utf8");
    for (const name of ["dockerode", "chokidar", "yaml", "ink", "commander"]) expect(notice).toMatch(`\n${name} `);
    expect(notice).not.toContain("undefined");
  });

  test("the package has the schema of knap.yaml, which a file of `knap init` names by a path inside of the project", () => {
    run("knap", "init", "shop");
    const [first = ""] = readFileSync(join(folder, "shop/knap.yaml"), "utf8").split("\n");
    expect(first).toBe("# yaml-language-server: $schema=../node_modules/knap/schema/knap.schema.json");
    const schema = JSON.parse(readFileSync(join(folder, "node_modules/knap/schema/knap.schema.json"), "utf8"));
    expect(Object.keys(schema.properties)).toContain("services");
  });

  test("the installed knap validates manifests and runs a Service for a command", () => {
    cpSync(join(root, "examples/hello"), join(folder, "hello"), { recursive: true });
    expect(run("knap", "version")).toMatch(/^knap \d/);
    expect(run("knap", "validate", "-f", "hello")).toBe("");
    const script = 'curl -fsS "$KNAP_URL"';
    expect(run("knap", "ci", "-f", "hello", "--", "sh", "-c", script)).toContain("Hello World");
  });

  test("`npx` and a global installation run knap from a folder without a package", () => {
    const empty = join(base, "empty");
    const prefix = join(base, "global");
    mkdirSync(empty);
    expect(exec("npx", ["--yes", "--package", tarball, "knap", "version"], empty)).toMatch(/^knap \d/);
    exec("npm", ["install", "--global", "--prefix", prefix, tarball], empty);
    exec(join(prefix, "bin/knap"), ["init", "shop", "--template", "go"], empty);
    expect(readFileSync(join(empty, "shop/.gitignore"), "utf8")).toBe("/server\n");
    expect(readdirSync(empty)).toEqual(["shop"]);
  });

  test("the declarations of knap/testing need no types but those of Node, in ES modules and in CommonJS", () => {
    linkModules("@types/node", "undici-types");
    const text = [
      'import { createHarness, type Harness, HarnessError } from "knap/testing";',
      'const harness: Harness = createHarness({ clock: "virtual" });',
      'export const text = (): Promise<string> => harness.service("a").fetch("/").then((reply) => reply.text());',
      "export const isOurs = (error: unknown): boolean => error instanceof HarnessError;",
    ].join("\n");
    for (const name of ["consumer.mts", "consumer.cts"]) writeFileSync(join(folder, name), text);
    const options = ["--noEmit", "--strict", "--module", "nodenext", "--lib", "es2023,esnext.disposable"];
    const files = ["consumer.mts", "consumer.cts"];
    exec(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), ...options, "--types", "node", ...files]);
    const exported = exec(process.execPath, ["-p", 'Object.keys(require("knap/testing")).sort().join()']);
    expect(exported.trim()).toBe("HarnessError,createHarness");
  });

  test.each([
    ["node-test", ["--test"]],
    ["vitest", [join(root, "node_modules/vitest/vitest.mjs"), "run"]],
    ["jest", [join(root, "node_modules/jest/bin/jest.js"), "--json", "--cacheDirectory", "node_modules/.jest"]],
  ])("the sample tests of %s pass with the installed package", (sample, args) => {
    const copy = join(folder, sample);
    cpSync(join(root, "examples/testing", sample), copy, { recursive: true });
    if (sample === "vitest") linkModules("vitest");
    expect(exec(process.execPath, args, copy)).toMatch(/pass 2|2 passed|"numPassedTests":2/);
  });
});
