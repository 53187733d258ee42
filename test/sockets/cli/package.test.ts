// Tests the packed tarball, installed into an empty folder as a user installs it.
import { execFileSync } from "node:child_process";
import { cpSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = new URL("../../../", import.meta.url).pathname;
const MAX_BYTES = 8_000_000;

function sizeOf(folder: string): number {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return files.reduce((sum, file) => sum + lstatSync(join(folder, file)).size, 0);
}

describe("the installed package", () => {
  let folder: string;

  /** Runs a program of the installed package and returns its standard output. */
  const run = (program: string, ...args: string[]): string => {
    const { KNAP_SESSION, CI, ...env } = process.env;
    const own = { XDG_RUNTIME_DIR: folder, XDG_STATE_HOME: folder };
    const options = { cwd: folder, env: { ...env, ...own }, encoding: "utf8", stdio: "pipe" } as const;
    return execFileSync(join(folder, "node_modules/.bin", program), args, options);
  };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "knap-package-"));
    const npm = (cwd: string, ...args: string[]): string =>
      execFileSync("npm", [...args, "--cache", join(folder, ".npm")], { cwd, encoding: "utf8", stdio: "pipe" });
    // Other test files run dist/ at the same time, so the release is built in a copy.
    const release = join(folder, "release");
    for (const name of ["package.json", "README.md", "LICENSE", "templates"])
      cpSync(join(root, name), join(release, name), { recursive: true });
    execFileSync(process.execPath, ["scripts/build.mjs", "--release", join(release, "dist")], { cwd: root });
    npm(release, "pack", "--ignore-scripts", "--pack-destination", folder);
    const [tarball] = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
    npm(folder, "install", "--offline", "--no-audit", "--no-fund", `./${tarball}`);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

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
    run("knap", "init", "--dir", "shop");
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
    expect(run("knap", "ci", "-f", "hello", "--runtime", "process", "--", "sh", "-c", script)).toContain("Hello World");
  });
});
