// Syncs files into real containers: what the engine makes of them, and what later instances get.
import { chmodSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { pack } from "tar-stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SyncOutcome } from "../../src/node/agent/file-sync.ts";
import { openTestEngine, shellFreeImage } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import { openSession, type TestSession } from "../support/session.ts";
import { APP, appSaying, SyncedFiles } from "../support/synced-files.ts";

const POD = "knap.dev/pod";

let session: TestSession;
let files: SyncedFiles;
beforeAll(async () => {
  session = await openSession("docker");
  files = new SyncedFiles(session);
}, 60_000);
afterAll(async () => {
  files[Symbol.dispose]();
  await session[Symbol.asyncDispose]();
}, 60_000);

const text = async (name: string, path: string): Promise<string> => (await session.fetch(name, path)).text;
const read = (name: string, path: string): Promise<string> => text(name, `/file?path=${path}`);
const json = async (name: string, path: string) => JSON.parse(await text(name, path)) as Record<string, unknown>;
const dirtyOf = async (name: string): Promise<string | undefined> => {
  const revision = (await session.service(name)).status?.latestCreatedRevisionName ?? "";
  const found = await session.emulator.client.get({
    kind: "Revision.serving.knative.dev",
    namespace: "default",
    name: revision,
  });
  return found?.metadata.annotations?.["knap.dev/dirty"];
};
const zero = (name: string): Promise<void> =>
  eventually(async () => expect(await session.pods(name)).toEqual([]), 30_000);

describe("one instance", () => {
  beforeAll(async () => {
    await session.deploy("one", { annotations: { "autoscaling.knative.dev/min-scale": "1" } });
    await session.ready("one");
  }, 60_000);

  test("a synced file is in the running instance, with its mode and in new folders, and the revision is dirty", async () => {
    const { pid } = await json("one", "/whoami");
    const made = files.write({ "/srv/deep/folder/a.txt": "first" });
    chmodSync(join(files.folder, "/srv/deep/folder/a.txt"), 0o640);
    const outcome = await files.sync("one", made);
    expect(outcome).toMatchObject({ ok: true, instances: 1, dirty: 1, problems: [] });
    console.info("sync", JSON.stringify(outcome));
    expect(await read("one", "/srv/deep/folder/a.txt")).toBe("first");
    expect(await json("one", "/stat?path=/srv/deep/folder/a.txt")).toMatchObject({ mode: "640", uid: 0, gid: 0 });
    expect(await dirtyOf("one")).toBe("1");
    expect((await json("one", "/whoami"))["pid"]).toBe(pid);
    expect(await session.pods("one")).toHaveLength(1);
  });

  test("symbolic links stay links, and empty folders are made", async () => {
    mkdirSync(join(files.folder, "srv/empty"), { recursive: true });
    symlinkSync("deep/folder/a.txt", join(files.folder, "srv/link"));
    const sources = ["/srv/empty", "/srv/link"].map((target) => ({ target, source: join(files.folder, target) }));
    expect(await files.sync("one", sources)).toMatchObject({ ok: true, dirty: 2 });
    expect(await read("one", "/srv/link")).toBe("first");
    expect(await text("one", "/ls?path=/srv")).toBe('["deep","empty","link"]\n');
  });

  test("a file replaces a folder, and a folder replaces a file", async () => {
    await files.sync("one", files.write({ "/swap/x": "in folder" }));
    rmSync(join(files.folder, "swap"), { recursive: true });
    await files.sync("one", files.write({ "/swap": "file" }));
    expect(await read("one", "/swap")).toBe("file");
    rmSync(join(files.folder, "swap"));
    const below = files.write({ "/swap/y": "again" });
    const swap = { target: "/swap", source: join(files.folder, "swap") };
    expect(await files.sync("one", [...below, swap])).toMatchObject({ ok: true });
    expect(await read("one", "/swap/y")).toBe("again");
    rmSync(join(files.folder, "swap"), { recursive: true });
    await files.sync("one", files.write({ "/swap": "file" }));
    const changes = [...files.write({ "/swap": null }), ...files.write({ "/swap/y": "again" })];
    expect(await files.sync("one", changes)).toMatchObject({ ok: true, problems: [] });
    expect(await read("one", "/swap/y")).toBe("again");
  });

  test("a deleted file is removed by a new container if the image has no rm, and by rm if it has", async () => {
    await files.sync("one", files.write({ "/gone/a": "a", "/gone/b": "b" }));
    expect(await text("one", "/ls?path=/gone")).toBe('["a","b"]\n');
    const [before] = await session.pods("one");
    expect(await files.sync("one", files.write({ "/gone/a": null }))).toMatchObject({ ok: true, problems: [] });
    expect(await text("one", "/ls?path=/gone")).toBe('["b"]\n');
    expect(await read("one", "/swap/y")).toBe("again");
    expect((await session.pods("one")).map(({ metadata }) => metadata.uid)).toEqual([before?.metadata.uid]);

    symlinkSync("busybox", join(files.folder, "rm"));
    await files.sync("one", [{ target: "/bin/rm", source: join(files.folder, "rm") }]);
    const { pid } = await json("one", "/whoami");
    expect(await files.sync("one", files.write({ "/gone/b": null }))).toMatchObject({ ok: true, problems: [] });
    expect(await text("one", "/ls?path=/gone")).toBe("[]\n");
    expect((await json("one", "/whoami"))["pid"]).toBe(pid);
  });

  test("a source that has vanished is skipped, and one that is no file refuses the batch", async () => {
    await files.sync("one", files.write({ "/srv/kept": "kept" }));
    const vanished = { target: "/srv/kept", source: join(files.folder, "none") };
    expect(await files.sync("one", [vanished])).toMatchObject({ ok: true });
    expect(await read("one", "/srv/kept")).toBe("kept");
    const device = { target: "/srv/null", source: "/dev/null" };
    expect(await files.sync("one", [...files.write({ "/srv/lost": "lost" }), device])).toEqual({
      ok: false,
      message: "/dev/null is no file, folder or symbolic link",
    });
    expect(await text("one", "/ls?path=/srv")).not.toContain("lost");
  });

  test("paths that an instance would not see are refused", async () => {
    const refused = async (target: string) => {
      const outcome = await files.sync("one", [{ target, source: "/etc/hostname" }]);
      return outcome.ok ? "synced" : outcome.message;
    };
    expect(await refused("/dev/shm/x")).toBe("/dev/shm/x is in /dev, which is not part of the image");
    expect(await refused("/etc/hosts")).toBe("/etc/hosts is a file of the container engine");
    expect(await refused("relative")).toBe('"relative" is no clean absolute path of a file in the container');
    expect(await refused("/")).toContain("no clean absolute path");
  });

  test("commands run in the instance after the files are there, and a failed one is reported", async () => {
    const commands = [
      { command: ["sh", "-c", "cat /srv/c.txt >/tmp/seen; echo $MORE >>/tmp/seen"], env: { MORE: "more" } },
      { command: ["sh", "-c", "cat missing; exit 3"], workingDir: "/srv", user: "1234" },
      { command: ["absent"] },
    ];
    const outcome = await files.sync("one", files.write({ "/srv/c.txt": "content\n" }), { commands });
    expect(await read("one", "/tmp/seen")).toBe("content\nmore\n");
    const [failed, absent] = outcome.ok ? outcome.problems : [];
    expect(failed).toMatch(
      /^command "sh -c cat missing; exit 3" in default\/one-\S+ exits with code 3: cat: .*missing/,
    );
    expect(absent).toMatch(/^command "absent" in default\/one-\S+ exits with code 126/);
  });

  test("a container that crashes starts again with the synced files", async () => {
    await files.sync("one", files.write({ "/srv/kept.txt": "kept", [APP]: appSaying("synced") }));
    expect(await text("one", "/")).toMatch(/^hello from/);
    await session.fetch("one", "/exit?code=1");
    await eventually(async () => expect(await text("one", "/")).toMatch(/^synced from/), 20_000);
    expect(await read("one", "/srv/kept.txt")).toBe("kept");
  });

  test("a Service that does not exist is an outcome", async () => {
    const outcome = await files.sync("other", files.write({ "/x": "x" }));
    expect(outcome).toEqual({ ok: false, message: "there is no Service default/other" });
  });
});

test("a wake from zero, a scale-up and a new revision of the same image show the synced files", async () => {
  await session.deploy("zero", { annotations: { "autoscaling.knative.dev/target-burst-capacity": "0" } });
  await session.ready("zero");
  await zero("zero");
  const outcome = await files.sync("zero", files.write({ [APP]: appSaying("woken") }));
  expect(outcome).toMatchObject({ ok: true, instances: 0, dirty: 1 });
  expect(await text("zero", "/")).toMatch(/^woken from/);
  await files.sync("zero", files.write({ "/srv/more.txt": "more" }));
  const limit = { "autoscaling.knative.dev/min-scale": "2" };
  await session.deploy("zero", { annotations: limit, env: { NEW: "yes" } });
  await session.ready("zero");
  await eventually(async () => expect(await session.pods("zero")).toHaveLength(2), 30_000);
  for (let asked = 0; asked < 8; asked++) {
    expect(await text("zero", "/")).toMatch(/^woken from/);
    expect(await read("zero", "/srv/more.txt")).toBe("more");
  }
  expect(await dirtyOf("zero")).toBe("2");
});

test("instances that start while files are synced end with the newest files", async () => {
  const signal = new AbortController().signal;
  await session.deploy("many", { spec: { containerConcurrency: 1 } });
  await session.ready("many");
  await zero("many");
  // Each request needs an instance of its own, so instances start all the time.
  const requests: Promise<unknown>[] = [];
  let outcome: SyncOutcome | undefined;
  for (let save = 1; save <= 12; save++) {
    if (save % 3 === 1) requests.push(session.fetch("many", "/sleep?ms=12000"));
    outcome = await files.sync("many", files.write({ "/srv/count": String(save) }), { signal });
  }
  expect(outcome).toMatchObject({ ok: true, problems: [] });
  const engine = await openTestEngine();
  try {
    const running = await eventually(async () => {
      const found = (await engine.list("knap.dev/container=user-container")).filter(
        ({ status, labels }) => status === "running" && /^default\/many-/.test(labels[POD] ?? ""),
      );
      expect(found.length).toBeGreaterThan(1);
      return found;
    }, 20_000);
    const seen = await Promise.all(running.map(({ id }) => engine.exec(id, ["cat", "/srv/count"])));
    expect(seen.map(({ output }) => output)).toEqual(running.map(() => "12"));
    console.info(`${running.length} instances have the newest files`);
  } finally {
    await engine.close();
  }
  await Promise.all(requests);
});

test("files belong to the user of the container, who can change them", async () => {
  const securityContext = { runAsUser: 1234, runAsGroup: 2345 };
  await session.deploy("user", { container: { securityContext } });
  await session.ready("user");
  await files.sync("user", files.write({ "/srv/own.txt": "first" }));
  expect(await json("user", "/stat?path=/srv/own.txt")).toMatchObject({ uid: 1234, gid: 2345, mode: "644" });
  expect(await session.fetch("user", "/write?path=/srv/own.txt&text=changed")).toMatchObject({ status: 200 });
  expect(await read("user", "/srv/own.txt")).toBe("changed");
});

test("files belong to the user that the image names", async () => {
  const engine = await openTestEngine();
  const tag = `knap-test/user:${process.pid}`;
  const context = pack();
  context.entry({ name: "passwd" }, "root:x:0:0:root:/root:/bin/sh\napp:x:4321:5432:app:/app:/bin/sh\n");
  context.entry({ name: "Dockerfile" }, `FROM ${session.image}\nCOPY passwd /etc/passwd\nUSER app\n`);
  context.finalize();
  await engine.images.build({ context: context as never, dockerfile: "Dockerfile", tag, labels: {} });
  try {
    await session.deploy("named", { image: tag });
    await session.ready("named");
    await files.sync("named", files.write({ "/srv/own.txt": "own" }));
    expect(await json("named", "/stat?path=/srv/own.txt")).toMatchObject({ uid: 4321, gid: 5432 });
    await session.emulator.client.delete({ kind: "Service.serving.knative.dev", namespace: "default", name: "named" });
  } finally {
    await eventually(() => engine.images.remove(tag), 30_000, 200).finally(() => engine.close());
  }
});

test("an image without a shell gets files and restarts", async () => {
  const engine = await openTestEngine();
  const image = await shellFreeImage(engine).finally(() => engine.close());
  await session.deploy("bare", { image });
  await session.ready("bare");
  const outcome = await files.sync("bare", files.write({ [APP]: appSaying("bare"), "/srv/x": "x" }), { restart: true });
  expect(outcome).toMatchObject({ ok: true, problems: [] });
  expect(await text("bare", "/")).toMatch(/^bare from/);
  expect(await files.sync("bare", files.write({ "/srv/x": null }))).toMatchObject({ ok: true, problems: [] });
  expect(await text("bare", "/ls?path=/")).not.toContain("srv");
});

test("a frozen pod with old files is not resumed", async () => {
  await using frozen = await openSession("docker", { wake: "freeze" });
  using own = new SyncedFiles(frozen);
  await frozen.deploy("f");
  await frozen.ready("f");
  const engine = await openTestEngine();
  const isFrozen = async (): Promise<void> => {
    const found = await engine.list("knap.dev/container=user-container");
    const paused = found.filter(({ status, labels }) => status === "paused" && /^default\/f-/.test(labels[POD] ?? ""));
    expect(paused).toHaveLength(1);
  };
  try {
    await eventually(isFrozen, 30_000, 100);
    await own.sync("f", own.write({ [APP]: appSaying("new") }), { restart: true });
    expect((await frozen.fetch("f")).text).toMatch(/^new from/);
    await eventually(isFrozen, 30_000, 100);
    expect((await frozen.fetch("f")).text).toMatch(/^new from/);
    const slow = frozen.fetch("f", "/sleep?ms=500");
    await own.sync("f", own.write({ [APP]: appSaying("newest") }), { restart: true });
    expect(await slow).toMatchObject({ status: 200 });
    expect((await frozen.fetch("f")).text).toMatch(/^newest from/);
  } finally {
    await engine.close();
  }
});

test("files are synced into an emptyDir, and refused in memory, in a ConfigMap and on a read-only root", async () => {
  const volumes = [
    { name: "scratch", emptyDir: {} },
    { name: "memory", emptyDir: { medium: "Memory" } },
    { name: "config", configMap: { name: "settings", optional: true } },
  ];
  const volumeMounts = volumes.map(({ name }) => ({ name, mountPath: `/${name}` }));
  await session.deploy("volumes", { spec: { volumes }, container: { volumeMounts } });
  await session.ready("volumes");
  expect(await files.sync("volumes", files.write({ "/scratch/a/b": "b" }))).toMatchObject({ ok: true });
  expect(await read("volumes", "/scratch/a/b")).toBe("b");
  expect(await files.sync("volumes", files.write({ "/memory/x": "x" }))).toEqual({
    ok: false,
    message: '/memory/x is in volume "memory", which is in memory, so later instances would start without it',
  });
  expect(await files.sync("volumes", files.write({ "/config/x": "x" }))).toEqual({
    ok: false,
    message: '/config/x is in volume "config", whose files come from Kubernetes objects',
  });
  await session.deploy("locked", { container: { securityContext: { readOnlyRootFilesystem: true } } });
  await session.ready("locked");
  expect(await files.sync("locked", files.write({ "/srv/x": "x" }))).toEqual({
    ok: false,
    message: 'container "user-container" has a read-only root file system (securityContext.readOnlyRootFilesystem)',
  });
});
