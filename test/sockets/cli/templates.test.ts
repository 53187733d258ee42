// Runs the projects of `knap init` as processes, with their own tests.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { templateNames } from "../../../src/cli/templates.ts";
import { eventually } from "../../support/eventually.ts";
import { freePort } from "../../support/free-port.ts";
import { get, KnapHome } from "../../support/knap.ts";
import { makeTemplateProject, serverCommands, testCommand } from "../../support/template-projects.ts";

const root = new URL("../../../", import.meta.url).pathname;
let home: KnapHome;
beforeAll(() => {
  home = new KnapHome();
});
afterAll(() => home[Symbol.dispose]());

describe.each(templateNames)("template %s", (template) => {
  const program = testCommand(template).find((word) => /^\w+$/.test(word) && word !== "env") ?? "";
  const isMissing = spawnSync("sh", ["-c", `command -v ${program}`]).status !== 0;
  let folder: string;
  beforeAll(async () => {
    folder = await makeTemplateProject(home, template);
  });

  test.skipIf(isMissing)("the project passes its own tests in `knap ci` without Docker", async () => {
    const done = await home.run(["ci", "--runtime", "process", "--", ...testCommand(template)], folder);
    expect(done).toMatchObject({ code: 0 });
  });

  test.skipIf(isMissing)("the server exits with code 0 on SIGTERM", async () => {
    const [command = "", ...args] = serverCommands[template];
    const port = await freePort();
    const env = { ...home.env, PORT: String(port) };
    const server = spawn(command, args, { cwd: folder, env, stdio: "ignore" });
    try {
      await eventually(() => get(`http://127.0.0.1:${port}/`));
    } finally {
      server.kill("SIGTERM");
    }
    expect(await once(server, "exit")).toEqual([0, null]);
  });
});

test("the types of the TypeScript template are correct", () => {
  const folder = join(root, "templates/typescript");
  const args = [
    join(root, "node_modules/typescript/bin/tsc"),
    "-p",
    folder,
    "--typeRoots",
    join(root, "node_modules/@types"),
  ];
  execFileSync(process.execPath, args, { encoding: "utf8" });
});

test("`knap init --list` has a line for each folder of templates/", async () => {
  const { stdout } = await home.run(["init", "--list"]);
  const listed = stdout
    .trim()
    .split("\n")
    .map((line) => line.split(" ")[0]);
  expect(listed.sort()).toEqual(readdirSync(join(root, "templates")).sort());
});

test("`knap init` names the next commands, and refuses to overwrite, a template as name and an unknown template", async () => {
  const made = await home.run(["init", "shop", "--template", "websocket"]);
  expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining("created shop/.gitignore\n") });
  expect(made.stderr).toBe(
    "Run `cd shop`, `npm install`, `knap up` and open http://shop.default.localhost:8080. Test it: `knap ci -- npm test`\n",
  );
  const again = await home.run(["init", "shop"]);
  expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining("service.yaml exist already") });
  const template = await home.run(["init", "python"]);
  expect(template).toMatchObject({ code: 2, stderr: expect.stringContaining("knap init NAME --template python") });
  const unknown = await home.run(["init", "x", "--template", "pyton"]);
  expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining("python, go or websocket") });
});

test("the completion of bash offers the templates and the values of other flags", async () => {
  const { stdout } = await home.run(["completion", "bash"]);
  const complete = (...words: readonly string[]): string => {
    const script = `${stdout}\nCOMP_WORDS=(${words.join(" ")}) COMP_CWORD=${words.length - 1}; _knap; echo "\${COMPREPLY[@]}"`;
    return execFileSync("bash", ["-c", script], { encoding: "utf8" }).trim();
  };
  expect(complete("knap", "init", "x", "--template", "py")).toBe("python");
  expect(complete("knap", "up", "--runtime", "d")).toBe("docker");
});
