// Errors of a build's context.
import { join } from "node:path";
import { expect, test } from "vitest";
import { buildImage } from "../../../../src/node/image/image-build.ts";
import type { ContainerRuntime } from "../../../../src/node/runtime/runtime.ts";

test("a context folder that does not exist fails the build, even before the engine reads it (11 A1)", async () => {
  const images = { build: () => new Promise<never>(() => {}) };
  const options = { namespace: "default", service: "web", dockerfile: "Dockerfile", labels: {} };
  const context = join(import.meta.dirname, "no-such-folder");
  await expect(buildImage({ images } as unknown as ContainerRuntime, { ...options, context })).rejects.toThrow(
    /ENOENT.*no-such-folder/,
  );
});
