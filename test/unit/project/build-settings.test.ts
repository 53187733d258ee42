// Tests `build` of knap.yaml: compose's keys, what is refused, and the plan that follows.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadProject } from "../../../src/project/load-project.ts";
import { hasErrors } from "../../../src/project/project.ts";
import { parseProjectFile } from "../../../src/project/project-file.ts";

const buildOf = (yaml: string) => parseProjectFile(`services: { a: { build: ${yaml} } }\n`, "knap.yaml");
const settings = (yaml: string) => buildOf(yaml).value?.services?.["a"]?.build;

describe("build in knap.yaml", () => {
  test("names and values are a map or a list, and a value can be left out", () => {
    expect(settings("{ args: { A: 1, B: , C: x }, labels: [team=blue, 'k=a=b', D] }")).toEqual({
      context: ".",
      args: { A: "1", B: undefined, C: "x" },
      labels: { team: "blue", k: "a=b", D: undefined },
    });
  });

  test("compose's short and long forms are accepted", () => {
    expect(
      settings(
        "{ ssh: default, cache_from: img, platforms: linux/amd64, extra_hosts: ['a=1.2.3.4', 'b:::1'], shm_size: 64mb }",
      ),
    ).toMatchObject({
      ssh: [{ id: "default", path: undefined }],
      cache_from: ["img"],
      platforms: ["linux/amd64"],
      extra_hosts: ["a:1.2.3.4", "b:::1"],
      shm_size: 64 * 2 ** 20,
    });
    expect(settings("{ ssh: [default, work=./agent.sock], extra_hosts: { c: 10.0.0.1 }, shm_size: 1g }")).toMatchObject(
      {
        ssh: [{ id: "default" }, { id: "work", path: "./agent.sock" }],
        extra_hosts: ["c:10.0.0.1"],
        shm_size: 2 ** 30,
      },
    );
  });

  test.each([
    ["{ platforms: [linux/amd64, linux/arm64] }", "only one platform"],
    ["{ platforms: [amd64] }", "os/architecture"],
    ["{ additional_contexts: { x: ../x } }", 'no "additional_contexts" here: .*copy the files'],
    ["{ cache_to: [x] }", 'no "cache_to" here'],
    ["{ privileged: true }", 'no "privileged" here'],
    ["{ dockerfile: a, dockerfile_inline: FROM b }", "dockerfile_inline: the Dockerfile is either"],
    ["{ command: [ko], target: x }", "build.target: has no effect"],
    ["{ command: [ko], dockerfile: x }", "build.dockerfile: has no effect"],
    ["{ command: [ko], args: { A: 1 } }", "build.args: has no effect"],
    ["{ command: ko build }", "build.command: .*array"],
    ["{ secrets: [{ id: a }] }", "secrets.0: expected either file"],
    ["{ secrets: [{ id: a, file: x, environment: Y }] }", "secrets.0: expected either file"],
    ["{ secrets: [a] }", "secrets.0: expected { id, file } or { id, environment }"],
    ["https://github.com/acme/app.git", "build: a context is a folder"],
    ["{ context: 'git@github.com:acme/app' }", "build.context: a context is a folder"],
    ["{ shm_size: many }", "shm_size: expected bytes"],
    ["{ targt: x }", 'build: unknown field "targt"'],
    ["{ no_cache: 'yes please' }", "no_cache: .*boolean"],
  ])("%s is refused with its place", (yaml, message) => {
    const { value, findings } = buildOf(yaml);
    expect(value).toBeUndefined();
    expect(findings).toEqual([
      expect.objectContaining({ line: 1, severity: "error", message: expect.stringMatching(message) }),
    ]);
    expect(findings[0]?.column).toBeGreaterThan(10);
  });
});

describe("the plan of a build", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "knap-build-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const load = async (knapYaml: string, context = ".") => {
    mkdirSync(join(folder, context), { recursive: true });
    writeFileSync(join(folder, "knap.yaml"), knapYaml);
    writeFileSync(
      join(folder, "service.yaml"),
      "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: { name: a }\nspec: { template: { spec: { containers: [{ image: 'app:1' }] } } }\n",
    );
    const project = await loadProject({
      cwd: folder,
      files: [],
      namespace: undefined,
      strictness: { mode: "up" },
      readStdin: async () => "",
      env: { TOKEN: "from-env" },
    });
    return { project, service: project.services[0] };
  };

  test("arguments without a value come from the environment, or are left out", async () => {
    writeFileSync(join(folder, "Dockerfile"), "ARG B=base:1\nFROM $B\n");
    const { project, service } = await load("services: { a: { build: { args: [TOKEN, GONE, X=1] } } }\n");
    expect(hasErrors(project)).toBe(false);
    expect(service?.build).toMatchObject({ args: { TOKEN: "from-env", X: "1" }, bases: ["base:1"] });
    expect(service?.build).not.toHaveProperty("args.GONE");
  });

  test("a Dockerfile in knap.yaml needs no file, and its lines have places", async () => {
    const { project, service } = await load(
      'services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM base:2\n        CMD ["./run"]\n',
    );
    expect(hasErrors(project)).toBe(false);
    expect(service).toMatchObject({ build: { bases: ["base:2"] }, start: { command: ["./run"] } });
    expect(service?.buildPlace?.("dockerfile_inline", 2)).toBe("knap.yaml:6");
    expect(service?.buildPlace?.("dockerfile_inline")).toBe("knap.yaml:4:7");
  });

  test("paths of secrets are relative to knap.yaml, and their files are watched", async () => {
    writeFileSync(join(folder, "Dockerfile"), "FROM scratch\n");
    const { project, service } = await load(
      "services: { a: { build: { secrets: [{ id: npm, file: ./.npmrc }, { id: t, environment: TOKEN }], ssh: [k=~/agent] } } }\n",
    );
    expect(service?.build).toMatchObject({
      secrets: [
        { id: "npm", file: join(folder, ".npmrc") },
        { id: "t", environment: "TOKEN" },
      ],
      ssh: [{ id: "k", path: join(homedir(), "agent") }],
    });
    expect(project.inputs).toContain(join(folder, ".npmrc"));
    expect(JSON.stringify(service?.build)).not.toContain("from-env");
  });

  test("a context that does not exist is an error at its place, also with a command or an inline Dockerfile", async () => {
    for (const more of ["command: [make]", "dockerfile_inline: FROM scratch"]) {
      const { project } = await load(`services:\n  a:\n    build:\n      context: gone\n      ${more}\n`);
      expect(project.findings.filter(({ severity }) => severity === "error")).toEqual([
        expect.objectContaining({
          file: "knap.yaml",
          line: 4,
          message: expect.stringMatching(/needs the context .*gone, which does not exist/),
        }),
      ]);
    }
  });

  test("a Dockerfile that does not exist is an error at its place in knap.yaml", async () => {
    const { project } = await load("services:\n  a:\n    build:\n      dockerfile: Gone\n");
    expect(project.findings.filter(({ severity }) => severity === "error")).toEqual([
      expect.objectContaining({ file: "knap.yaml", line: 4, column: 7, message: expect.stringContaining("Gone") }),
    ]);
  });

  test("a build command needs no Dockerfile and infers no command of a process", async () => {
    const { project, service } = await load(
      "services: { a: { build: { command: [ko, build], context: ./app } } }\n",
      "app",
    );
    expect(hasErrors(project)).toBe(false);
    expect(service?.build).toEqual({ command: ["ko", "build"], context: join(folder, "app"), bases: [] });
    expect(service?.start).toBeUndefined();
  });
});
