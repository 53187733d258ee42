// Errors of a build's context, and pruning.
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { silentLogger } from "../../../../src/base/logger.ts";
import { makeImageBuilder } from "../../../../src/node/agent/image-builder.ts";
import { buildImage, buildLabels } from "../../../../src/node/image/image-build.ts";
import { pruneImages } from "../../../../src/node/image/image-prune.ts";
import { HOST_LABEL, PROCESS_LABEL, SESSION_LABEL } from "../../../../src/node/kubelet/orphans.ts";
import { processIdentity } from "../../../../src/node/runtime/process/process-identity.ts";
import type { ContainerRuntime } from "../../../../src/node/runtime/runtime.ts";

test("a context folder that does not exist fails the build, even before the engine reads it (11 A1)", async () => {
  const images = { build: () => new Promise<never>(() => {}), remove: async () => {} };
  const options = { namespace: "default", service: "web", dockerfile: "Dockerfile", labels: {} };
  const context = join(import.meta.dirname, "no-such-folder");
  await expect(buildImage({ images } as unknown as ContainerRuntime, { ...options, context })).rejects.toThrow(
    /ENOENT.*no-such-folder/,
  );
});

test.each([
  [
    "context",
    { context: "gone", dockerfile: "gone/Dockerfile" },
    /^the context cannot be read: ENOENT.*\.dockerignore/,
  ],
  ["dockerfile", { context: "", dockerfile: "../gone/Dockerfile" }, /^the Dockerfile cannot be read: ENOENT.*gone/],
])("if knap cannot read the %s, the build fails and names this setting", async (setting, plan, message) => {
  const { build } = makeImageBuilder({
    runtime: { images: { build: () => new Promise<never>(() => {}), remove: async () => {} } } as never,
    labels: {},
    imagesInUse: () => new Set(),
    isSessionLive: () => false,
    log: silentLogger,
  });
  const folder = import.meta.dirname;
  const paths = { context: join(folder, plan.context), dockerfile: join(folder, plan.dockerfile) };
  const request = { service: "default/web", plan: { ...paths, args: {}, bases: [] }, onOutput: () => {} };
  const outcome = await build({ ...request, signal: new AbortController().signal });
  expect(outcome).toMatchObject({ ok: false, setting, message: expect.stringMatching(message) });
});

const web = { namespace: "default", name: "web", context: "/one/app" };

test("pruning keeps images and tags of the user, and images of other sessions' commands (11 A4)", async () => {
  const repository = "dev.local/default/web";
  const labels = buildLabels(web, web.context);
  const own = (digit: string) => ({ id: digit, tags: [`${repository}:${digit.repeat(12)}`], labels });
  const command = (digit: string) => ({ ...own(digit), labels: {} });
  const old = { ...own("c"), tags: [...own("c").tags, `${repository}:v1`, "mine/web:1"] };
  const derived = { id: "u", tags: [`${repository}:v2`], labels };
  const removed: string[] = [];
  const images = {
    list: async () => [derived, own("a"), own("b"), old, { id: "d", tags: [], labels }, command("e"), command("f")],
    remove: async (name: string) => void removed.push(name),
  };
  const runtime = { images } as unknown as ContainerRuntime;
  const commandTags = new Set(command("e").tags);
  expect(await pruneImages(runtime, { ...web, keep: "a", commandTags })).toBe(3);
  expect(removed).toEqual([...own("c").tags, "d", ...command("e").tags]);
});

test("a build does not wait until older images are removed, but the next build and the end of the session do", async () => {
  let release = (): void => {};
  const removal = new Promise<void>((resolve) => (release = resolve));
  const calls: string[] = [];
  const images = {
    inspect: async () => ({ id: "sha256:new" }),
    tag: async () => {},
    list: async () => {
      calls.push("list");
      await removal;
      return [];
    },
    remove: async () => {},
  };
  const builder = makeImageBuilder({
    runtime: { images } as never,
    labels: {},
    imagesInUse: () => new Set(),
    isSessionLive: () => false,
    log: silentLogger,
  });
  const plan = { command: ["sh", "-c", "echo dev.local/built:1"], context: import.meta.dirname, bases: [] as const };
  const request = { service: "default/web", plan, signal: new AbortController().signal };
  expect(await builder.build({ ...request, onOutput: () => {} })).toMatchObject({ ok: true });
  const next = builder.build({ ...request, onOutput: (line) => calls.push(line) });
  const idle = builder.idle().then(() => calls.push("idle"));
  await new Promise((done) => setTimeout(done, 50));
  expect(calls).toEqual(["list", "list"]);
  release();
  await Promise.all([next, idle]);
  expect(calls.slice(2, 4)).toEqual(["idle", "dev.local/built:1"]);
});

/** An engine with three older images of `web`. Builds by a command; resolves with the images that it removes. */
async function prunedBy(older: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const removed: string[] = [];
  const images = {
    inspect: async () => ({ id: "sha256:new" }),
    tag: async () => {},
    list: async () => ["1", "2", "3"].map((id) => ({ id, tags: [], labels: older, taggedAt: `2026-01-0${id}` })),
    remove: async (name: string) => void (name.startsWith("dev.local/") || removed.push(name)),
  };
  const builder = makeImageBuilder({
    runtime: { images, list: async () => [] } as never,
    labels: { [SESSION_LABEL]: "mine", [HOST_LABEL]: "host" },
    imagesInUse: () => new Set(),
    isSessionLive: () => false,
    log: silentLogger,
  });
  const plan = { command: ["sh", "-c", "echo dev.local/built:1"], context: import.meta.dirname, bases: [] as const };
  const signal = new AbortController().signal;
  await builder.build({ service: "default/web", plan, signal, onOutput: () => {} });
  await builder.idle();
  return removed;
}

test("a build removes older images of its own project only, and none of a session that may be alive", async () => {
  const ended = {
    ...buildLabels(web, import.meta.dirname),
    [SESSION_LABEL]: "other",
    [HOST_LABEL]: "host",
    [PROCESS_LABEL]: (await processIdentity()).replace(/^\d+/, "999999999"),
  };
  expect(await prunedBy(ended)).toEqual(["1"]);
  expect(await prunedBy({ ...ended, ...buildLabels(web, dirname(import.meta.dirname)) })).toEqual([]);
  expect(await prunedBy({ ...ended, ...buildLabels(web, "/a/folder/that/is/gone") })).toEqual(["1"]);
  expect(await prunedBy({ ...ended, [HOST_LABEL]: "other" })).toEqual([]);
  // Its folder is not among the sessions of this user.
  expect(await prunedBy({ ...ended, [PROCESS_LABEL]: await processIdentity() })).toEqual([]);
});
