// Runs the built CLI with a private registry on loopback: credentials of docker's config.json, reports of the pull,
// digests, and a moved tag.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ContainerRuntime } from "../../src/node/runtime/runtime.ts";
import { leftovers, openTestEngine, testImage } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free-port.ts";
import { get, KnapHome } from "../support/knap.ts";

const USER = "knap";
const PASSWORD = "opensesame";
/** The bcrypt hash of the password; the registry accepts no other kind of hash. */
const HTPASSWD = `${USER}:$2b$04$JyKHGWFmjGmT/Sk4PzpW6eGZKmUKeF0OvhhS6UsqK73/7RItupwve\n`;
const basic = Buffer.from(`${USER}:${PASSWORD}`).toString("base64");

describe("knap with a registry that asks for a password", () => {
  const folder = mkdtempSync(join(tmpdir(), "knap-registry-start-"));
  const login = join(folder, "docker");
  const project = join(folder, "project");
  let runtime: ContainerRuntime;
  let registry: ChildProcess;
  let host: string;
  let app: string;

  const makeFolder = (path: string, files: Readonly<Record<string, string>>): void => {
    mkdirSync(path, { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  };
  /** Pushes a new image as `tag`, removes it from the engine, and resolves to its digest. */
  const push = async (tag: string, release: string): Promise<string> => {
    const base = await testImage(runtime);
    const context = join(folder, "context");
    makeFolder(context, { Dockerfile: `FROM ${base}\nENV RELEASE=${release}\n` });
    execFileSync("docker", ["build", "-q", "-t", tag, context], { stdio: "ignore" });
    execFileSync("docker", ["--config", login, "push", "-q", tag], { stdio: "ignore" });
    const [repository = "", version = ""] = tag.replace(`${host}/`, "").split(":");
    const manifest = await fetch(`http://${host}/v2/${repository}/manifests/${version}`, {
      method: "HEAD",
      headers: { authorization: `Basic ${basic}`, accept: "application/vnd.docker.distribution.manifest.v2+json" },
    });
    const digest = `${host}/${repository}@${manifest.headers.get("docker-content-digest")}`;
    await runtime.images.remove(tag);
    await runtime.images.remove(digest);
    return digest;
  };
  const serviceYaml = (target: string): string =>
    `apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: { name: app }\nspec: { template: { spec: { containers: [{ image: "${app}", env: [{ name: TARGET, value: ${target} }] }] } } }\n`;

  beforeAll(async () => {
    runtime = await openTestEngine();
    host = `127.0.0.1:${await freePort()}`;
    app = `${host}/team/app:v1`;
    makeFolder(login, { "config.json": JSON.stringify({ auths: { [host]: { auth: basic } } }) });
    makeFolder(folder, {
      htpasswd: HTPASSWD,
      "config.yml": `version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: ${folder}/data}}\nhttp: {addr: ${host}}\nauth: {htpasswd: {realm: knap, path: ${folder}/htpasswd}}\n`,
    });
    registry = spawn("docker-registry", ["serve", join(folder, "config.yml")], { stdio: "ignore" });
    await eventually(async () => expect((await fetch(`http://${host}/v2/`)).status).toBe(401));
  });
  afterAll(async () => {
    registry.kill();
    await runtime.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test("knap pulls with the user's credentials, reports the pull, keeps the digest, and uses a moved tag in the next revision", async () => {
    const first = await push(app, "one");
    // Because knap.yaml has a command, `auto` would choose the process runtime if the image were not available.
    makeFolder(project, {
      "service.yaml": serviceYaml("a"),
      "knap.yaml": "services: { app: { command: [no-app] } }\n",
    });
    using home = new KnapHome({ DOCKER_CONFIG: login });
    const knap = home.start(["up", "--ui", "json", "--container-address", "published"], project);
    const digests = async () => {
      const { stdout } = await home.run(["get", "revisions", "-o", "json"], project);
      const { items } = JSON.parse(stdout) as { items: { status: { containerStatuses: { imageDigest: string }[] } }[] };
      return items.map(({ status }) => status.containerStatuses[0]?.imageDigest);
    };
    const release = async (url: string) => JSON.parse((await get(`${url}/env`)).text)["RELEASE"];

    const { url } = await knap.until(({ type }) => type === "ready", 60_000);
    expect(knap.events).toContainEqual(expect.objectContaining({ type: "session", runtime: "docker" }));
    const notices = knap.events.filter(({ type }) => type === "notice").map(({ text }) => String(text));
    expect(notices.filter((text) => text.includes("ull"))).toEqual([
      expect.stringMatching(`^Pulling image "${first}"`),
      expect.stringMatching(`^Successfully pulled image "${first}"`),
    ]);
    expect(await release(String(url))).toBe("one");
    expect(await digests()).toEqual([first]);

    const second = await push(app, "two");
    expect(second).not.toBe(first);
    makeFolder(project, { "service.yaml": serviceYaml("b") });
    await knap.until(({ type, revision }) => type === "ready" && revision === "app-00002", 60_000);
    await eventually(async () => expect(await release(String(url))).toBe("two"));
    expect((await digests()).sort()).toEqual([first, second].sort());

    expect(await knap.interrupt()).toMatchObject({ code: 0 });
    expect(await leftovers(runtime, `knap.dev/host=${home.hostId}`)).toEqual([]);
    for (const image of [first, second]) await runtime.images.remove(image);
  });

  test("knap pulls with a Secret that only the namespace's ServiceAccount names", async () => {
    const digest = await push(app, "team");
    const auths = { auths: { [host]: { auth: basic } } };
    const objects = [
      {
        kind: "Secret",
        metadata: { name: "registry" },
        type: "kubernetes.io/dockerconfigjson",
        stringData: { ".dockerconfigjson": JSON.stringify(auths) },
      },
      { kind: "ServiceAccount", metadata: { name: "default" }, imagePullSecrets: [{ name: "registry" }] },
    ].map((object) => JSON.stringify({ apiVersion: "v1", ...object }));
    makeFolder(project, { "service.yaml": [...objects, serviceYaml("a")].join("\n---\n"), "knap.yaml": "{}\n" });
    using home = new KnapHome({ DOCKER_CONFIG: folder });
    const script = "console.log((await fetch(process.env.KNAP_URL)).status)";
    const ask = ["--", process.execPath, "--input-type=module", "-e", script];
    const flags = [
      "--runtime",
      "docker",
      "--container-address",
      "published",
      "--namespace",
      "team",
      "--timeout",
      "40s",
    ];
    const done = await home.run(["ci", ...flags, ...ask], project);
    expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining("200") });
    await runtime.images.remove(digest);
  });

  test("knap builds from a private base image with the user's credentials", async () => {
    const base = await push(`${host}/team/base:v1`, "base");
    makeFolder(project, {
      "service.yaml": serviceYaml("a"),
      "knap.yaml": "services: { app: { build: . } }\n",
      Dockerfile: `FROM ${host}/team/base:v1\nENV MORE=yes\n`,
    });
    using home = new KnapHome({ DOCKER_CONFIG: login });
    const script =
      "const r = await fetch(process.env.KNAP_URL + '/env'); const { RELEASE, MORE } = await r.json(); console.log(RELEASE, MORE)";
    const ask = ["--", process.execPath, "--input-type=module", "-e", script];
    const done = await home.run(["ci", "--container-address", "published", ...ask], project);
    expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining("base yes") });
    for (const image of [`${host}/team/base:v1`, base]) await runtime.images.remove(image);
  });

  test.each([
    ["BuildKit", "1"],
    ["the classic builder", "0"],
  ])("%s pulls a moved base image anew with the user's credentials", async (name, builder) => {
    const tag = `${host}/team/moved:v${builder}`;
    makeFolder(project, {
      "service.yaml": serviceYaml("a"),
      "knap.yaml": "services: { app: { build: { pull: true } } }\n",
      Dockerfile: `FROM ${tag}\n`,
    });
    using home = new KnapHome({ DOCKER_CONFIG: login, DOCKER_BUILDKIT: builder });
    const script = "const r = await fetch(process.env.KNAP_URL + '/env'); console.log((await r.json()).RELEASE)";
    const ask = ["--", process.execPath, "--input-type=module", "-e", script];
    for (const release of [`old ${name}`, `new ${name}`]) {
      const base = await push(tag, JSON.stringify(release));
      const done = await home.run(["ci", "--container-address", "published", ...ask], project);
      expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining(release) });
      for (const image of [tag, base]) await runtime.images.remove(image);
    }
  });

  test("a pull without credentials fails with the registry's message and a remedy", async () => {
    makeFolder(project, { "service.yaml": serviceYaml("a"), "knap.yaml": "{}\n" });
    using home = new KnapHome({ DOCKER_CONFIG: folder });
    const done = await home.run(["ci", "--runtime", "docker", "--timeout", "20s"], project);
    expect(done.stderr).toMatch(/unauthorized|no basic auth credentials/);
    expect(done.stderr).toContain("docker login");
    expect(done.code).toBe(1);
  });
});
