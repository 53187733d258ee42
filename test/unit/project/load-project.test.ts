import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadProject } from "../../../src/project/load-project.ts";
import { hasErrors } from "../../../src/project/project.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "knap-project-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}
const service = (name: string, image = "dev.local/app") =>
  `apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: { name: ${name} }\nspec: { template: { spec: { containers: [{ image: ${image} }] } } }\n`;
/** Loads a project without Knative's warning about insecure defaults, which every plain Service causes. */
const load = async (files: readonly string[] = [], namespace?: string) => {
  const project = await loadProject({
    cwd: folder,
    files,
    namespace,
    strictness: { mode: "up", fieldValidation: "strict" },
    readStdin: async () => service("piped"),
  });
  const findings = project.findings.filter(
    ({ message }) => !message.startsWith("Kubernetes default value is insecure"),
  );
  return { ...project, findings };
};
const namesOf = (project: Awaited<ReturnType<typeof load>>) =>
  project.objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);

describe("the files of a project", () => {
  test("service.dev.yaml takes precedence over service.yaml, and both over folders", async () => {
    await write({ "k8s/a.yaml": service("in-folder") });
    expect(namesOf(await load())).toEqual(["Service/in-folder"]);
    await write({ "service.yaml": service("plain") });
    expect(namesOf(await load())).toEqual(["Service/plain"]);
    await write({ "my-service.dev.yaml": service("dev") });
    expect(namesOf(await load())).toEqual(["Service/dev"]);
  });

  test("a new manifest counts in folders of -f, of knap.yaml's files, and in the discovered one", async () => {
    await write({ "k8s/a.yaml": service("in-folder"), "more/b.yaml": service("named") });
    expect((await load()).manifestFolders).toEqual([join(folder, "k8s")]);
    expect((await load(["more", "k8s/a.yaml"])).manifestFolders).toEqual([join(folder, "more")]);
    await write({ "knap.yaml": "files: [more]\n" });
    expect((await load()).manifestFolders).toEqual([join(folder, "more")]);
  });

  test("an existing file that cannot be read is an error, and no other file is used instead", async () => {
    await write({ "service.yaml": service("plain") });
    await symlink("loop", join(folder, "loop"));
    expect((await load(["loop"])).findings).toMatchObject([
      { message: expect.stringMatching(/^cannot be read: ELOOP/) },
    ]);
    await symlink("knap.yaml", join(folder, "knap.yaml"));
    expect((await load()).findings).toMatchObject([
      { file: "knap.yaml", message: expect.stringMatching(/^cannot be read/) },
    ]);
  });

  test("knap.yaml decides how unknown fields are treated, unless a flag does", async () => {
    await write({ "service.yaml": `${service("plain")}nonsense: 1\n`, "knap.yaml": "validate: warn\n" });
    const severities = async (fieldValidation?: "strict") => {
      const strictness = { mode: "up", fieldValidation } as const;
      const readStdin = async () => "";
      const { findings } = await loadProject({ cwd: folder, files: [], namespace: undefined, strictness, readStdin });
      return findings.filter(({ message }) => message.includes("nonsense")).map(({ severity }) => severity);
    };
    expect(await severities()).toEqual(["warning"]);
    expect(await severities("strict")).toEqual(["error"]);
  });

  test("a config folder without Knative manifests is ignored", async () => {
    await write({ "config/app.yaml": "debug: true\n" });
    expect((await load()).objects).toEqual([]);
  });

  test("knap.yaml's files are relative to its folder, and -f overrides them", async () => {
    await write({ "knap.yaml": "files: [deploy/]\n", "deploy/a.yaml": service("a"), "b.yaml": service("b") });
    expect(namesOf(await load())).toEqual(["Service/a"]);
    expect(namesOf(await load(["b.yaml"]))).toEqual(["Service/b"]);
  });

  test("-f with a folder whose knap.yaml lists files loads these files", async () => {
    await write({
      "app/knap.yaml": "files: [first.yaml]\n",
      "app/first.yaml": service("a"),
      "app/later.yaml": service("b"),
    });
    expect(namesOf(await load(["app"]))).toEqual(["Service/a"]);
    expect(namesOf(await load(["app/later.yaml"]))).toEqual(["Service/b"]);
  });

  test("-f with a folder uses the knap.yaml of that folder, which is not a manifest", async () => {
    await write({ "app/knap.yaml": "services: { a: { command: [run] } }\n", "app/service.yaml": service("a") });
    const project = await load(["app"]);
    expect(hasErrors(project)).toBe(false);
    expect(project.services[0]?.start).toEqual({ command: ["run"], folder: join(folder, "app"), env: {} });
  });

  test("the file name - means standard input, and a missing file is an error", async () => {
    const project = await load(["-", "none.yaml"]);
    expect(namesOf(project)).toEqual(["Service/piped"]);
    expect(project.findings).toMatchObject([{ severity: "error", file: "none.yaml" }]);
  });
});

describe("the content of a project", () => {
  test("objects are ordered: configuration, namespaces, objects that Pods need, then the rest in file order", async () => {
    await write({
      "knap.yaml": "config: { autoscaler: { stable-window: 6s } }\nsecrets: { db: { from: .env } }\n",
      ".env": 'URL="postgres://x"\n',
      "service.yaml": [
        service("a"),
        "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings }\n",
        service("b").replace("name: b", "name: b, namespace: shop"),
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: default }\nimagePullSecrets: [{ name: db }]\n",
      ].join("---\n"),
    });
    const project = await load();
    expect(project.findings).toEqual([]);
    expect(namesOf(project)).toEqual([
      "ConfigMap/config-autoscaler",
      "Namespace/shop",
      "Secret/db",
      "ConfigMap/settings",
      "ServiceAccount/default",
      "Service/a",
      "Service/b",
    ]);
    expect(project.configMaps.get("config-autoscaler")).toEqual({ "stable-window": "6s" });
    expect(project.objects[2]).toMatchObject({ data: { URL: Buffer.from("postgres://x").toString("base64") } });
  });

  test("objects without namespace get the namespace of the command", async () => {
    await write({ "service.yaml": service("a") });
    const project = await load([], "shop");
    expect(project.services[0]?.key).toBe("shop/a");
  });

  test("a Dockerfile beside the only Service provides its build and its start command", async () => {
    await write({
      "service.yaml": service("a"),
      Dockerfile: 'FROM x\nWORKDIR /app\nENV A=1\nCMD ["node", "/app/s.mjs"]\n',
    });
    const [only] = (await load()).services;
    expect(only?.build).toEqual({ context: folder, dockerfile: join(folder, "Dockerfile"), args: {}, bases: ["x"] });
    expect(only?.start).toEqual({ command: ["node", "./s.mjs"], folder, env: { A: "1" } });
  });

  test("an image that a registry may have is built only with build: in knap.yaml", async () => {
    await write({ "service.yaml": service("a", "docker.io/acme/a"), Dockerfile: 'FROM x\nCMD ["run"]\n' });
    const [only] = (await load()).services;
    expect(only?.build).toBeUndefined();
    expect(only?.start?.command).toEqual(["run"]);
  });

  test("a build without a Dockerfile is an error, and a Service that no file defines is a warning", async () => {
    await write({ "service.yaml": service("a"), "knap.yaml": "services: { a: { build: . }, b: { command: [x] } }\n" });
    const { findings } = await load();
    expect(findings.map(({ severity }) => severity)).toEqual(["error", "warning"]);
  });

  test("an invalid line of an env file is reported without its values", async () => {
    await write({
      "service.yaml": service("a"),
      "knap.yaml": "secrets: { db: { from: .env } }\n",
      ".env": "A=1\nhunter2\n",
    });
    const { findings } = await load();
    expect(findings[0]?.message).toContain("line 2");
    expect(JSON.stringify(findings)).not.toContain("hunter2");
  });
});
