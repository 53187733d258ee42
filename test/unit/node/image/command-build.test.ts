// Builds by a command, with the engine's answers made up.
import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { silentLogger } from "../../../../src/base/logger.ts";
import { buildFailureText } from "../../../../src/dev/build-failure.ts";
import { makeImageBuilder } from "../../../../src/node/agent/image-builder.ts";
import { type ContainerRuntime, RuntimeError } from "../../../../src/node/runtime/runtime.ts";

const refusal = new RuntimeError("conflict", "container 12 is using the image");

function setUp(images: Partial<ContainerRuntime["images"]> = {}) {
  const runtime = {
    images: {
      inspect: async () => ({ id: `sha256:${"a".repeat(64)}` }),
      tag: async () => {},
      remove: async () => {},
      list: async () => [],
      ...images,
    },
  } as unknown as ContainerRuntime;
  const { build } = makeImageBuilder({
    runtime,
    labels: {},
    imagesInUse: () => new Set(),
    isSessionLive: () => false,
    log: silentLogger,
  });
  const signal = new AbortController().signal;
  const lines: string[] = [];
  const planOf = (script: string) => ({ command: ["sh", "-c", script], context: tmpdir(), bases: [] as const });
  const run = (script: string) =>
    build({ service: "default/web", plan: planOf(script), signal, onOutput: (line) => lines.push(line) });
  return { run, lines, planOf };
}

test("each build has a tag of its own, and one that a container keeps fails no build", async () => {
  const { run, lines } = setUp({ remove: () => Promise.reject(refusal) });
  const outcomes = await Promise.all([run("echo $KNAP_IMAGE"), run("echo $KNAP_IMAGE")]);
  expect(outcomes).toMatchObject([{ ok: true }, { ok: true }]);
  expect(new Set(lines).size).toBe(2);
});

test("the tag of a build is removed when it ends, also if the command fails", async () => {
  const removed: string[] = [];
  const { run, lines } = setUp({ remove: async (tag) => void removed.push(tag) });
  await run("echo $KNAP_IMAGE");
  await run("echo $KNAP_IMAGE; exit 1");
  expect(removed).toEqual(lines);
});

test("paths and lines that the engine refuses as a reference are not the image", async () => {
  const asked: string[] = [];
  const { run, lines } = setUp({
    inspect: async (reference) => {
      asked.push(reference);
      if (reference.startsWith("a//b")) throw new RuntimeError("invalid", "invalid reference format");
      return { id: `sha256:${"a".repeat(64)}` } as never;
    },
  });
  expect(await run("echo $KNAP_IMAGE >&2; echo a//b:1; echo ./dist/main.js; echo /nix/store/abc")).toMatchObject({
    ok: true,
  });
  expect(asked).toEqual(["a//b:1", lines.find((line) => line.includes("building"))]);
});

test("the error of a command of several lines is one short line, and its output follows", async () => {
  const { run, planOf } = setUp();
  const script = `echo out\nfalse ||\n  exit 4 # ${"x".repeat(500)}`;
  const outcome = await run(script);
  if (outcome.ok) throw new Error("the command did not fail");
  const place = (key: string): string => `knap.yaml:4:7 ${key}`;
  expect(await buildFailureText({ buildPlace: place }, planOf(script), outcome)).toMatch(
    /^knap\.yaml:4:7 command: the build command "sh -c echo out false \|\| exit 4 # x+…" failed: exit code 4\nout$/,
  );
});
