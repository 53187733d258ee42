// The GitHub action and the GitLab template: their keys, their shell code, and runs of their steps with the built knap.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { z } from "zod";
import { KnapHome } from "../support/knap.ts";

const root = new URL("../../", import.meta.url).pathname;
const read = (path: string): string => readFileSync(join(root, "ci", path), "utf8");

const texts = z.record(z.string(), z.string());
const inputs = z.record(z.string(), z.strictObject({ description: z.string(), default: z.string() }));
const actionSchema = z.strictObject({
  name: z.string(),
  description: z.string(),
  inputs,
  runs: z.strictObject({
    using: z.literal("composite"),
    steps: z.array(
      z.strictObject({
        name: z.string(),
        shell: z.literal("bash"),
        "working-directory": z.string(),
        env: texts,
        run: z.string(),
      }),
    ),
  }),
});
const jobSchema = z.strictObject({
  stage: z.string(),
  image: z.string(),
  variables: texts,
  script: z.array(z.string()),
  artifacts: z.strictObject({
    when: z.literal("always"),
    paths: z.array(z.string()),
    reports: z.strictObject({ junit: z.string() }),
  }),
});

const action = actionSchema.parse(parse(read("github/action.yml")));
const [header, body] = parseAllDocuments(read("gitlab/knap-ci.yml")).map((document) => document.toJS() as unknown);
const template = z.strictObject({ spec: z.strictObject({ inputs }) }).parse(header);
const { "knap-ci": job } = z.strictObject({ "knap-ci": jobSchema }).parse(body);

const scripts = [...action.runs.steps.map(({ run }) => run), ...job.script];

test.each(scripts)("script %# of the templates is valid for bash and, if it is installed, for shellcheck", (script) => {
  expect(spawnSync("bash", ["-n"], { input: script, encoding: "utf8" }).stderr).toBe("");
  // Inputs would be code in a script; variables are not.
  expect(script).not.toMatch(/\$\{\{|\$\[\[/);
  const checked = spawnSync("shellcheck", ["--shell=bash", "--exclude=SC2269", "-"], {
    input: script,
    encoding: "utf8",
  });
  if (checked.error === undefined) expect(checked.stdout).toBe("");
});

test("the templates refer only to inputs that they declare, and use each of them", () => {
  const used = (text: string, pattern: RegExp) =>
    [...new Set([...text.matchAll(pattern)].map(([, name]) => name))].sort();
  expect(used(read("github/action.yml"), /\$\{\{ inputs\.([\w-]+) \}\}/g)).toEqual(Object.keys(action.inputs).sort());
  expect(used(read("gitlab/knap-ci.yml"), /\$\[\[ inputs\.([\w-]+) \]\]/g)).toEqual(
    Object.keys(template.spec.inputs).sort(),
  );
});

let home: KnapHome;
let project: string;
let tools: string;
beforeAll(() => {
  home = new KnapHome({ KNAP_RUNTIME: "process" });
  project = join(home.folder, "project");
  tools = join(home.folder, "tools");
  cpSync(join(root, "examples/hello"), project, { recursive: true });
  const knap = `#!/bin/sh\nexec "${process.execPath}" "${join(root, "dist/cli.js")}" "$@"\n`;
  mkdirSync(join(project, "node_modules/.bin"), { recursive: true });
  mkdirSync(tools);
  writeFileSync(join(project, "node_modules/.bin/knap"), knap);
  // Writes its arguments down, and installs the built knap as npm does.
  const npm = `#!/bin/sh\necho "$@" >> "${home.folder}/npm.log"\nmkdir -p "$4/bin"\ncp "${project}/node_modules/.bin/knap" "$4/bin"\n`;
  writeFileSync(join(tools, "npm"), npm);
  for (const program of [join(project, "node_modules/.bin/knap"), join(tools, "npm")]) chmodSync(program, 0o755);
});
afterAll(() => home[Symbol.dispose]());

interface Result {
  readonly code: number | null;
  readonly output: string;
}

function runScript(shell: readonly string[], script: string, env: NodeJS.ProcessEnv, cwd: string): Result {
  const path = join(home.folder, "script");
  writeFileSync(path, script);
  const [program = "", ...flags] = shell;
  const { status, stdout, stderr } = spawnSync(program, [...flags, path], {
    cwd,
    env: { ...home.env, ...env },
    encoding: "utf8",
  });
  return { code: status, output: stdout + stderr };
}

/** Fills in the inputs of a text. */
const filled = (text: string, given: Readonly<Record<string, string>>): string =>
  text.replace(/\$(?:\{\{|\[\[) inputs\.([\w-]+) (?:\}\}|\]\])/g, (_, name: string) => given[name] ?? "");
const filledAll = (env: Readonly<Record<string, string>>, given: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(env).map(([name, text]) => [name, filled(text, given)]));
const defaultsOf = (declared: z.infer<typeof inputs>) =>
  Object.fromEntries(Object.entries(declared).map(([name, each]) => [name, each.default]));

/** Runs the steps as GitHub does, until one fails. */
function runAction(inputsOfUser: Readonly<Record<string, string>>): Result {
  const given = { ...defaultsOf(action.inputs), "working-directory": project, ...inputsOfUser };
  const pathFile = join(home.folder, "github-path");
  writeFileSync(pathFile, "");
  let last: Result = { code: null, output: "" };
  for (const step of action.runs.steps) {
    const added = readFileSync(pathFile, "utf8").split("\n").filter(Boolean).reverse();
    const env = {
      ...filledAll(step.env, given),
      GITHUB_PATH: pathFile,
      GITHUB_ACTIONS: "true",
      CI: "true",
      RUNNER_TEMP: tools,
      PATH: [...added, tools, process.env["PATH"]].join(":"),
    };
    const shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail"];
    last = runScript(shell, step.run, env, filled(step["working-directory"], given));
    if (last.code !== 0) break;
  }
  return last;
}

test("the GitHub action runs the project's knap with the command, and fails with the command's exit code", () => {
  const passed = runAction({ command: 'curl -fsS "$KNAP_URL"', report: "report.md" });
  expect(passed).toMatchObject({ code: 0, output: expect.stringContaining("Hello World") });
  expect(readFileSync(join(project, "report.md"), "utf8")).toContain("becomes Ready");
  expect(runAction({ command: 'false | cat; echo "$NOT \\"quoted\\""' }).code).toBe(1);
  expect(readdirSync(home.folder)).not.toContain("npm.log");
});

test("the GitHub action installs a version that is asked for, and reports wrong files as annotations", () => {
  const { code, output } = runAction({ version: "0.1.0", files: "nowhere.yaml" });
  expect({ code, output }).toMatchObject({ code: 2, output: expect.stringMatching(/^::error .*nowhere\.yaml/m) });
  expect(readFileSync(join(home.folder, "npm.log"), "utf8")).toMatch(/^install --global .* knap@0\.1\.0\n$/);
});

test("the job of the GitLab template runs knap, and writes the artifacts that it names", () => {
  const given = { ...defaultsOf(template.spec.inputs), command: 'curl -fsS "$KNAP_URL"', report: "out/report.html" };
  const env = {
    ...filledAll(job.variables, given),
    CI: "true",
    CI_PROJECT_DIR: project,
    PATH: `${tools}:${process.env["PATH"]}`,
  };
  const result = runScript(["bash", "-eo", "pipefail"], job.script.join("\n"), env, project);
  expect(result).toMatchObject({ code: 0, output: expect.stringContaining("Hello World") });
  const files = [...job.artifacts.paths, job.artifacts.reports.junit].map((path) => filled(path, given));
  expect(files).toEqual(["out/report.html", "knap-junit.xml"]);
  for (const file of files) expect(readFileSync(join(project, file), "utf8")).toContain("becomes Ready");
});
