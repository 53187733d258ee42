// Errors of a build's context, and pruning.
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeImageBuilder } from "../../../../src/node/agent/image-builder.ts";
import { BUILD_LABEL, buildImage } from "../../../../src/node/image/image-build.ts";
import { pruneImages } from "../../../../src/node/image/image-prune.ts";
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
  ["the context", { context: "gone", dockerfile: "gone/Dockerfile" }],
  ["a Dockerfile outside of it", { context: "", dockerfile: "../gone/Dockerfile" }],
])("if knap cannot read %s, the build fails and names the setting", async (_name, { context, dockerfile }) => {
  const build = makeImageBuilder({
    runtime: { images: { build: () => new Promise<never>(() => {}), remove: async () => {} } } as never,
    labels: {},
    imagesInUse: () => new Set(),
    isSessionLive: () => false,
  });
  const folder = import.meta.dirname;
  const plan = { context: join(folder, context), dockerfile: join(folder, dockerfile), args: {}, bases: [] };
  const signal = new AbortController().signal;
  expect(await build({ service: "default/web", plan, signal, onOutput: () => {} })).toMatchObject({
    ok: false,
    setting: "context",
    message: expect.stringMatching(/cannot be read: ENOENT.*\.dockerignore/),
  });
});

test("pruning keeps images and tags of the user, and images of other sessions' commands (11 A4)", async () => {
  const repository = "dev.local/default/web";
  const labels = { [BUILD_LABEL]: "default/web" };
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
  expect(await pruneImages(runtime, { namespace: "default", name: "web", keep: "a", commandTags })).toBe(3);
  expect(removed).toEqual([...own("c").tags, "d", ...command("e").tags]);
});
