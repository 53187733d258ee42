import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadProject } from "../../../src/project/load-project.ts";
import { parseProjectFile } from "../../../src/project/project-file.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "knap-develop-"));
  await mkdir(join(folder, "src"));
  await writeFile(
    join(folder, "service.yaml"),
    "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: { name: hello }\nspec: { template: { spec: { containers: [{ image: dev.local/test/hello }] } } }\n",
  );
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function load(settings: string, env: Readonly<Record<string, string>> = {}) {
  await writeFile(join(folder, "knap.yaml"), settings);
  const project = await loadProject({
    cwd: folder,
    files: [],
    namespace: undefined,
    strictness: { mode: "up" },
    env,
    readStdin: async () => "",
  });
  return { ...project, findings: project.findings.filter(({ file }) => file === "knap.yaml") };
}
const rules = (...lines: readonly string[]): string =>
  `services:\n  hello:\n    build: .\n    develop:\n      watch:\n${lines.map((line) => `        - ${line}\n`).join("")}`;
const errorsOf = (text: string) =>
  parseProjectFile(text, "knap.yaml").findings.map(({ line, message }) => `${line} ${message}`);

describe("rules of develop.watch", () => {
  test("a rule is read with compose's keys, and its paths become absolute", async () => {
    await writeFile(join(folder, "Dockerfile"), "FROM x\n");
    const { services, findings } = await load(
      rules(
        '{ path: ./src, target: /app/src/, action: sync+exec, include: "*.js", ignore: ["*.test.js"], initial_sync: true, exec: { command: app reload "a b", user: node, working_dir: /app, environment: ["A=1=2"], privileged: true } }',
      ),
    );
    expect(findings).toEqual([]);
    expect(services[0]?.develop).toEqual({
      isInferred: false,
      reloader: undefined,
      rules: [
        {
          path: join(folder, "src"),
          action: "sync+exec",
          target: "/app/src",
          include: ["*.js"],
          ignore: ["*.test.js"],
          initialSync: true,
          exec: {
            command: ["app", "reload", "a b"],
            user: "node",
            workingDir: "/app",
            env: { A: "1=2" },
            privileged: true,
          },
        },
      ],
    });
  });

  test("a variable without a value comes from the environment of knap", async () => {
    const { services } = await load(
      rules(
        "{ path: src, target: /src, action: sync+exec, exec: { command: [x], environment: { FROM_OUTSIDE: , GONE: } } }",
      ),
      { FROM_OUTSIDE: "yes" },
    );
    expect(services[0]?.develop?.rules[0]?.exec?.env).toEqual({ FROM_OUTSIDE: "yes" });
  });

  test("settings that contradict the action are errors at their line", () => {
    const text = rules(
      "{ path: src, action: sync }",
      "{ path: src, action: sync+exec, target: /src }",
      "{ path: src, action: sync, target: /src, exec: { command: [x] } }",
      "{ path: src, action: sync, target: src }",
      "{ path: src, action: copy, target: /src }",
      "{ path: src, action: rebuild, tagret: /src }",
      "{ action: rebuild }",
      "{ path: src, action: sync+exec, target: /src, exec: { user: root } }",
    );
    expect(errorsOf(text)).toEqual([
      expect.stringMatching(/^6 .*target: sync needs target/),
      expect.stringMatching(/^7 .*exec: sync\+exec needs exec/),
      expect.stringMatching(/^8 .*exec: sync runs no command/),
      expect.stringMatching(/^9 .*target: expected an absolute path/),
      expect.stringMatching(/^10 .*action/),
      expect.stringMatching(/^11 .*unknown field "tagret"/),
      expect.stringMatching(/^12 .*path: is missing$/),
      expect.stringMatching(/^13 .*exec\.command: is missing$/),
    ]);
    expect(parseProjectFile(text, "knap.yaml").findings.at(-3)?.fix).toBe('did you mean "target"?');
  });

  test("rules that have no effect are warnings with the line, and a rebuild without a build is an error", async () => {
    await writeFile(join(folder, "Dockerfile"), "FROM x\n");
    const { findings } = await load(
      rules(
        "{ path: nowhere, target: /x, action: sync }",
        "{ path: src, target: /x, action: rebuild }",
        "{ path: .., action: rebuild }",
        "{ path: src, action: restart, initial_sync: true }",
      ),
    );
    expect(findings.map(({ severity, line, message }) => `${severity} ${line} ${message}`)).toEqual([
      "warning 6 services.hello.develop.watch[0].path: there is no nowhere to watch",
      "warning 7 services.hello.develop.watch[1].target: rebuild copies no files, so target has no effect",
      expect.stringMatching(/^warning 8 .*outside of the build context/),
      "warning 9 services.hello.develop.watch[3].initial_sync: restart copies no files, so initial_sync has no effect",
    ]);
    await rm(join(folder, "Dockerfile"));
    const noBuild = await load(
      "services:\n  hello:\n    command: [x]\n    develop: { watch: [{ path: src, action: rebuild }] }\n",
    );
    expect(noBuild.findings).toMatchObject([
      { severity: "error", line: 4, message: expect.stringContaining("has no build") },
    ]);
  });

  test("without rules they come from the Dockerfile; an empty list means that every change is a rebuild", async () => {
    await writeFile(join(folder, "Dockerfile"), "FROM x\nWORKDIR /app\nCOPY src ./src\nCMD node src\n");
    const plan = async (text: string) => (await load(text)).services[0]?.develop;
    const inferred = await plan("services: { hello: { build: . } }\n");
    expect(inferred).toMatchObject({ isInferred: true, rules: [{ target: "/app/src" }, { action: "rebuild" }] });
    expect(await plan("services: { hello: { build: ., develop: { watch: [] } } }\n")).toMatchObject({
      isInferred: false,
      rules: [],
    });
  });

  test("rules from the Dockerfile follow the command of the container, not that of the process", async () => {
    await writeFile(join(folder, "Dockerfile"), 'FROM node\nCOPY src ./src\nCMD ["node", "src/main.js"]\n');
    const { services } = await load("services: { hello: { build: ., command: [npx, nodemon, src/main.js] } }\n");
    const { rules: found = [], reloader } = services[0]?.develop ?? {};
    expect(found.map(({ action }) => action)).toContain("sync+restart");
    expect(reloader).toContain("nodemon");
  });

  test("a command that reloads by itself is recognised, and develop.reload overrides that", async () => {
    const plan = async (text: string) =>
      (await load(`services: { hello: { ${text} } }\n`)).services[0]?.develop?.reloader;
    expect(await plan("command: [npm, run, dev]")).toBe("npm run dev");
    expect(await plan("command: [npm, run, dev], develop: { reload: restart }")).toBeUndefined();
    expect(await plan("command: [node, main.js], develop: { reload: app }")).toBe("develop.reload");
    await writeFile(join(folder, "package.json"), '{ "scripts": { "dev": "node main.js" } }');
    expect(await plan("command: [npm, run, dev]")).toBeUndefined();
  });
});
