// Errors of a build's context.
import { join } from "node:path";
import { expect, test } from "vitest";
import { buildImage } from "../../../../src/node/image/image-build.ts";
import { pruneImages } from "../../../../src/node/image/image-prune.ts";
import type { ContainerRuntime } from "../../../../src/node/runtime/runtime.ts";

test("a context folder that does not exist fails the build, even before the engine reads it (11 A1)", async () => {
  const images = { build: () => new Promise<never>(() => {}) };
  const options = { namespace: "default", service: "web", dockerfile: "Dockerfile", labels: {} };
  const context = join(import.meta.dirname, "no-such-folder");
  await expect(buildImage({ images } as unknown as ContainerRuntime, { ...options, context })).rejects.toThrow(
    /ENOENT.*no-such-folder/,
  );
});

test("pruning keeps images and tags of the user (11 A4)", async () => {
  const own = (id: string) => ({ id, tags: [`dev.local/default/web:${id}`] });
  const old = { id: "c", tags: ["dev.local/default/web:c", "mine/web:1"] };
  const removed: string[] = [];
  const images = {
    list: async () => [{ id: "u", tags: ["mine/derived:1"] }, own("a"), own("b"), old, { id: "d", tags: [] }],
    remove: async (name: string) => void removed.push(name),
  };
  const runtime = { images } as unknown as ContainerRuntime;
  expect(await pruneImages(runtime, { namespace: "default", name: "web", keep: "a" })).toBe(2);
  expect(removed).toEqual(["dev.local/default/web:c", "d"]);
});
