// Runs docker-compose.yml as a new user does: knap in a container with the engine's socket serves examples/. The test
// changes only base images and names.
import { execFile, execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ContainerRuntime } from "../../src/node/runtime/runtime.ts";
import { leftovers, nodeImage, openTestEngine } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free-port.ts";
import { get } from "../support/knap.ts";

const root = new URL("../../", import.meta.url).pathname;
const socket = (process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock").replace(/^unix:\/\//, "");
const run = promisify(execFile);

/** Returns the last stage of the real Dockerfile on a local base image; dist/ is copied from this machine. */
function knapDockerfile(base: string): string {
  const text = readFileSync(join(root, "Dockerfile"), "utf8");
  const last = text.slice(text.lastIndexOf("\nFROM ") + 1).replace(/^.*\n/, "");
  return `FROM ${base}\n${last.replace("--from=build /knap/dist", "dist")}`;
}

describe("docker-compose.yml", () => {
  const name = randomBytes(3).toString("hex");
  const image = `knap-test/knap:${name}`;
  const project = `knaptest${name}`;
  let folder: string;
  let runtime: ContainerRuntime;
  let port: number;

  const compose = async (...args: string[]): Promise<string> => {
    const files = ["-f", join(root, "docker-compose.yml"), "-f", join(folder, "override.yml")];
    const env = { ...process.env, KNAP_PORT: String(port) };
    return (await run("docker-compose", ["-p", project, ...files, ...args], { env })).stdout;
  };
  const hello = () => get(`http://hello.default.localhost:${port}`);
  const expectGreeting = async (greeting: string): Promise<void> => {
    const answered = { status: 200, text: expect.stringContaining(greeting) };
    try {
      await eventually(async () => expect(await hello()).toEqual(answered), 45_000);
    } catch (error) {
      throw new Error(`knap in the container printed:\n${await compose("logs", "--no-color")}`, { cause: error });
    }
  };
  const hostLabel = async (): Promise<string> =>
    `knap.dev/host=${(await compose("exec", "-T", "knap", "cat", "/var/lib/knap/host-id")).trim()}`;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "knap-compose-"));
    runtime = await openTestEngine();
    const base = await nodeImage(runtime);
    port = await freePort();
    const context = join(folder, "context");
    for (const part of ["dist", "templates"]) cpSync(join(root, part), join(context, part), { recursive: true });
    writeFileSync(join(context, "Dockerfile"), knapDockerfile(base));
    execFileSync("docker", ["build", "-q", "-t", image, context], { stdio: "ignore" });
    const examples = join(folder, "examples");
    cpSync(join(root, "examples"), examples, { recursive: true });
    const file = join(examples, "knap.yaml");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replaceAll(/build: (.*)/g, `build: { context: $1, args: { NODE_IMAGE: "${base}" } }`));
    const volumes = [`${socket}:/var/run/docker.sock`, `${examples}:/project:ro`];
    writeFileSync(join(folder, "override.yml"), JSON.stringify({ services: { knap: { image, volumes } } }));
  });
  afterAll(async () => {
    await compose("down", "--volumes");
    await runtime.images.remove(image);
    await runtime.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test("knap in a container serves the examples through one published port and deploys a saved file", async () => {
    await compose("up", "-d", "--no-build");
    await expectGreeting("Hello World! I am hello-00001");
    // Only published ports are reachable from this machine.
    const logs = await compose("logs", "--no-color");
    expect(logs).toContain(`hello is ready (hello-00001): http://hello.default.localhost:${port}`);
    expect(logs).not.toContain("http://127.0.0.1");
    // The published port and the default route use the network that Compose made, not the session's network (10.213,
    // in reverse byte order in /proc).
    const routes = await compose("exec", "-T", "knap", "cat", "/proc/net/route");
    expect(routes).toMatch(/^\S+\s+00000000\s+[0-9A-F]{8}\s/m);
    expect(routes).not.toMatch(/^\S+\s+00000000\s+[0-9A-F]{4}D50A\s/m);
    // host.docker.internal is not knap's own container.
    const pod = (await runtime.list(await hostLabel())).find(({ name }) => name.includes("_hello-00001"));
    const hosts = (await run("docker", ["exec", pod?.id ?? "", "cat", "/etc/hosts"])).stdout;
    expect(hosts).toMatch(/^(?!10\.213\.)\S+\s+host\.docker\.internal$/m);
    const file = join(folder, "examples", "hello", "service.yaml");
    writeFileSync(file, readFileSync(file, "utf8").replace("World", "Compose"));
    await expectGreeting("Hello Compose! I am hello-00002");
  });

  test("the next start removes the containers of a killed knap", async () => {
    const label = await hostLabel();
    await compose("kill");
    const left = (await runtime.list(label)).map(({ id }) => id);
    expect(left).not.toEqual([]);
    await compose("up", "-d", "--no-build");
    await expectGreeting("Hello Compose! I am hello-00001");
    const now = (await runtime.list(label)).map(({ id }) => id);
    expect(now.filter((id) => left.includes(id))).toEqual([]);
  });

  test("`docker compose down` removes all pods and their network within the grace period", async () => {
    const label = await hostLabel();
    expect(await leftovers(runtime, label)).not.toEqual([]);
    await compose("down");
    expect(await leftovers(runtime, label)).toEqual([]);
    expect(await leftovers(runtime, `com.docker.compose.project=${project}`)).toEqual([`volume ${project}_state`]);
  });
});
