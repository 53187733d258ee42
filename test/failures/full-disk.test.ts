// Fills the disk of the engine, and the disk of the session folder. Each failure has Kubernetes' reason and a remedy,
// running pods keep serving, and the session recovers without a restart when the disk has space again.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Event, Pod } from "../../src/apis/core/types.ts";
import { conditionOf } from "../../src/apis/meta/conditions.ts";
import type { AnyObject } from "../../src/apis/meta/object.ts";
import type { ContainerRuntime } from "../../src/node/runtime/runtime.ts";
import { leftovers, openTestEngine, testImage } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import { KnapHome } from "../support/knap.ts";
import { openOneImageRegistry } from "../support/one-image-registry.ts";
import { openPrivateEngine, type PrivateEngine, privateEngineLack } from "../support/private-engine.ts";
import { openSession, type TestSession } from "../support/session.ts";
import { openSmallDisk, type SmallDisk, smallDiskLack } from "../support/small-disk.ts";

let session: TestSession;
let disk: SmallDisk;

const minScaleOne = { "autoscaling.knative.dev/min-scale": "1" };
const noRoom = /no space left on device; .*make room/;
const podsOf = (name: string) => session.pods(name) as Promise<readonly Pod[]>;
const warnings = async (about: string): Promise<readonly string[]> => {
  const events = (await session.emulator.client.list("Event", {})).items as readonly Event[];
  const own = events.filter(({ type, involvedObject }) => type === "Warning" && involvedObject.name?.startsWith(about));
  return own.map(({ reason, message }) => `${reason}: ${message}`);
};
const waitingOf = async (name: string): Promise<string> => {
  const [pod] = await podsOf(name);
  const waiting = pod?.status?.containerStatuses?.find((one) => one.name === "user-container")?.state?.waiting;
  return `${waiting?.reason}: ${waiting?.message}`;
};
const diskPressure = async (): Promise<string | undefined> => {
  const node = await session.emulator.client.get({ kind: "Node", namespace: "", name: "knap" });
  return conditionOf(node?.status?.conditions as never, "DiskPressure")?.status;
};
const expectSteadyAnswers = async (): Promise<void> => expect((await session.fetch("steady")).status).toBe(200);
/** Waits until a Service has no pods, including terminating ones whose removal would free space. */
const waitForNoPods = (name: string) =>
  eventually(async () => {
    const { items } = await session.emulator.client.list("Pod", {});
    expect(items.filter(({ metadata }) => metadata.name.startsWith(`${name}-`))).toEqual([]);
  }, 30_000);
const remove = (name: string) =>
  session.emulator.client.delete({ kind: "Service.serving.knative.dev", namespace: "default", name });

const lack = privateEngineLack ?? smallDiskLack;
if (lack) console.info(`an engine whose disk is full: skipped, ${lack}`);

describe.skipIf(lack !== undefined)("an engine whose disk is full", () => {
  const before = process.env["DOCKER_HOST"];
  let engine: PrivateEngine;
  let runtime: ContainerRuntime;
  beforeAll(async () => {
    disk = openSmallDisk(400);
    engine = await openPrivateEngine({ dataRoot: join(disk.folder, "data") });
    process.env["DOCKER_HOST"] = engine.host;
    runtime = await openTestEngine();
    await testImage(runtime);
    session = await openSession("docker", { stopTimeoutMs: 500 });
    await session.apply(settings("first"));
    await session.deploy("steady", { annotations: minScaleOne, ...withSettings });
    await session.ready("steady");
  });
  // Vitest runs these hooks in reverse order, each one even if another one fails.
  afterAll(() => disk[Symbol.dispose]());
  afterAll(() => engine.close());
  afterAll(async () => {
    if (before === undefined) delete process.env["DOCKER_HOST"];
    else process.env["DOCKER_HOST"] = before;
    const left = await leftovers(runtime, "knap.dev/session");
    await runtime.close();
    expect(left).toEqual([]);
  });
  afterAll(() => session[Symbol.asyncDispose]());

  test("Events report containers and networks that do not fit on the disk; requests wait until there is space", async () => {
    await session.deploy("sleeper");
    await session.ready("sleeper");
    await waitForNoPods("sleeper");
    disk.fill();
    const pending = session.fetch("sleeper");
    await session.deploy("paired", {
      container: { name: "app", ports: [{ containerPort: 8080 }] },
      containers: [{ name: "side", image: session.image, command: ["sleep", "1000"] }],
    });
    await eventually(async () => expect(await waitingOf("sleeper")).toMatch(/^CreateContainerError: /));
    expect(await waitingOf("sleeper")).toMatch(noRoom);
    await eventually(async () => {
      expect((await warnings("sleeper")).join()).toMatch(/^Failed: Error: .*no space left/);
      expect((await warnings("paired")).join()).toMatch(/^FailedCreatePodSandBox: .*no space left/);
    });
    expect(await diskPressure()).toBe("True");
    expect((await warnings("knap")).join()).toMatch(/^NodeHasDiskPressure: .*no space left/);
    await expectSteadyAnswers();
    disk.empty();
    expect((await pending).status).toBe(200);
    await session.ready("paired");
    await eventually(async () => expect(await diskPressure()).toBe("False"));
    // The kubelet removed partly created containers. The pair has one more container, the pause container.
    const present = (await runtime.list("knap.dev/pod")).map(
      ({ name, status }) => `${name.split("_").slice(1)} ${status}`,
    );
    const expected = ["paired,app", "paired,pause", "paired,side", "sleeper,user-container", "steady,user-container"];
    expect(present.map((one) => one.replace(/-00001-\S+?,/, ",").replace(/,\d+ /, " ")).sort()).toEqual(
      expected.map((one) => `${one} running`),
    );
    for (const name of ["sleeper", "paired"]) await remove(name);
    for (const name of ["sleeper", "paired"]) await waitForNoPods(name);
  });

  test("a pull fails with ErrImagePull on a full disk, and succeeds when there is space", async () => {
    await using registry = await openOneImageRegistry(4_000_000);
    disk.fill();
    await session.deploy("pulled", { image: registry.reference });
    await eventually(async () => expect(await waitingOf("pulled")).toMatch(/^(ErrImagePull|ImagePullBackOff): /));
    expect(await waitingOf("pulled")).toMatch(noRoom);
    expect((await warnings("pulled")).join("\n")).toMatch(/^Failed: Failed to pull image .*no space left/m);
    disk.empty();
    await eventually(async () => {
      const [pod] = await podsOf("pulled");
      const status = pod?.status?.containerStatuses?.find((one) => one.name === "user-container");
      expect(status?.state?.running).toBeDefined();
    }, 30_000);
    await remove("pulled");
    await waitForNoPods("pulled");
    for (const { id } of await imagesOf(runtime, registry.reference)) await runtime.images.remove(id);
  });

  test("volumes keep a ConfigMap's old contents until there is space for the new ones; a new pod waits for its volumes", async () => {
    const mountedValue = async () => (await session.fetch("steady", "/file?path=/settings/value")).text;
    expect(await mountedValue()).toBe("first");
    disk.fill();
    await session.apply(settings("second".repeat(1000)));
    await session.deploy("fresh", withSettings);
    const setUp = /FailedMount: MountVolume\.SetUp failed for volume "settings" : .*no space left/;
    await eventually(async () => {
      expect((await warnings("steady")).join()).toMatch(setUp);
      expect((await warnings("fresh")).join()).toMatch(setUp);
    });
    expect(await waitingOf("fresh")).toMatch(/^ContainerCreating: MountVolume\.SetUp failed/);
    expect(await mountedValue()).toBe("first");
    disk.empty();
    await eventually(async () => expect(await mountedValue()).toBe("second".repeat(1000)), 20_000);
    await session.ready("fresh");
    // Two pods with the same ConfigMap mount share one volume; no writer container is left.
    expect((await runtime.volumes.list("knap.dev/session")).length).toBe(1);
    expect(await runtime.list("knap.dev/role=writer")).toEqual([]);
    await remove("fresh");
    await waitForNoPods("fresh");
  });

  test("a failing build reports the full disk, and succeeds when there is space", async () => {
    const context = mkdtempSync(join(tmpdir(), "knap-context-"));
    writeFileSync(join(context, "Dockerfile"), `FROM ${session.image}\nCOPY ballast /\n`);
    writeFileSync(join(context, "ballast"), Buffer.alloc(3_000_000, 7));
    const plan = { context, dockerfile: "Dockerfile", args: {}, bases: [] };
    const build = () =>
      session.emulator.buildImage?.({
        service: "default/built",
        plan,
        signal: new AbortController().signal,
        onOutput: () => {},
      });
    disk.fill();
    expect(await build()).toMatchObject({ ok: false, message: expect.stringMatching(noRoom) });
    disk.empty();
    expect(await build()).toMatchObject({ ok: true });
    rmSync(context, { recursive: true });
  });
});

if (smallDiskLack) console.info(`a session folder whose disk is full: skipped, ${smallDiskLack}`);

describe.skipIf(smallDiskLack !== undefined)("a session folder whose disk is full", () => {
  beforeAll(() => {
    disk = openSmallDisk(2);
  });
  afterAll(() => disk[Symbol.dispose]());

  test("running processes keep their logs; Events report processes that cannot start, and they start when there is space", async () => {
    const sessionFolder = join(disk.folder, "session");
    mkdirSync(sessionFolder);
    session = await openSession("process", { sessionFolder });
    await session.deploy("steady", { annotations: minScaleOne });
    await session.deploy("sleeper");
    for (const name of ["steady", "sleeper"]) await session.ready(name);
    await waitForNoPods("sleeper");
    disk.fill();
    const pending = session.fetch("sleeper");
    await eventually(async () => expect(await waitingOf("sleeper")).toMatch(/^RunContainerError: /));
    expect(await waitingOf("sleeper")).toMatch(/no space left on device; .*make room there, or set XDG_RUNTIME_DIR/);
    expect((await warnings("sleeper")).join()).toMatch(/^Failed: Error: recording a process of /);
    expect(await diskPressure()).toBe("True");
    for (let line = 0; line < 3; line++) await session.fetch("steady", "/log?text=still-here");
    expect(await logOf("steady")).toContain("still-here\nstill-here\nstill-here");
    disk.empty();
    expect((await pending).status).toBe(200);
    expect(await diskPressure()).toBe("False");
    await session[Symbol.asyncDispose]();
    expect(filesBelow(sessionFolder)).toEqual([]);
  });

  test("a session that cannot write its files does not start, names the folder, and leaves nothing", async () => {
    using home = new KnapHome({ XDG_RUNTIME_DIR: disk.folder });
    const manifest = { ...service, spec: { template: { spec: { containers: [{ image: "dev.local/app" }] } } } };
    writeFileSync(join(home.folder, "service.yaml"), JSON.stringify(manifest));
    disk.fill();
    const { code, stderr } = await home.run(["up", "--runtime", "process", "--no-watch", "--ui", "plain"]);
    expect(code).toBe(3);
    expect(stderr).toContain(`knap: the disk of ${disk.folder}/knap is full`);
    expect(stderr).toContain("free some space, or set XDG_RUNTIME_DIR");
    expect(filesBelow(join(disk.folder, "knap"))).toEqual([]);
    disk.empty();
  });
});

const service = { apiVersion: "serving.knative.dev/v1", kind: "Service", metadata: { name: "app" } };

function settings(value: string): AnyObject {
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings", namespace: "default" } };
  return { ...object, data: { value } } as AnyObject;
}

const withSettings = {
  spec: { volumes: [{ name: "settings", configMap: { name: "settings" } }] },
  container: { volumeMounts: [{ name: "settings", mountPath: "/settings" }] },
};

async function imagesOf(runtime: ContainerRuntime, reference: string) {
  const found = await runtime.images.inspect(reference);
  return found ? [found] : [];
}

async function logOf(name: string): Promise<string> {
  const [pod] = await podsOf(name);
  const lines: string[] = [];
  const key = { namespace: "default", name: pod?.metadata.name ?? "" };
  for await (const line of session.emulator.client.logs(key, { container: "user-container" })) lines.push(line);
  return lines.join("\n");
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map(({ name }) => name);
}
