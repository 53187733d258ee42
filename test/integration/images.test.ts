// Tests images on a real engine with a registry on loopback: lookup, pulls, credentials, digests, builds and pruning.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answerDigest } from "../../src/node/image/digest-answers.ts";
import { BUILD_LABEL, buildImage } from "../../src/node/image/image-build.ts";
import { ImageLibrary } from "../../src/node/image/image-library.ts";
import { pruneImages } from "../../src/node/image/image-prune.ts";
import type { ContainerRuntime, RuntimeInfo } from "../../src/node/runtime/runtime.ts";
import { nodeImage, openTestEngine, testImage, testLabel } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free-port.ts";

const { labels } = testLabel();
const id = labels["knap.dev/test"] as string;
let runtime: ContainerRuntime;
let engine: RuntimeInfo;
let folder: string;
let registry: ChildProcess;
let host: string;
let image: string;

const libraryWith = (auths: Record<string, { username: string; password: string }> = {}) =>
  new ImageLibrary({ runtime, engine, userConfig: async () => ({ auths }) });

beforeAll(async () => {
  expect(existsSync("/usr/bin/docker-registry"), "Debian's package docker-registry is needed").toBe(true);
  runtime = await openTestEngine();
  engine = await runtime.info();
  image = await testImage(runtime);
  folder = mkdtempSync(join(tmpdir(), "knap-registry-"));
  host = `127.0.0.1:${await freePort()}`;
  const config = join(folder, "config.yml");
  writeFileSync(
    config,
    `version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: ${folder}/data}, delete: {enabled: true}}\nhttp: {addr: ${host}}\n`,
  );
  registry = spawn("/usr/bin/docker-registry", ["serve", config], { stdio: "ignore" });
  await eventually(async () => expect((await fetch(`http://${host}/v2/`)).status).toBe(200));
  await runtime.images.tag(image, `${host}/team/app:1`);
  execFileSync("docker", ["push", "-q", `${host}/team/app:1`], { stdio: "ignore" });
  await runtime.images.remove(`${host}/team/app:1`);
});
afterAll(async () => {
  for (const reference of [`${host}/team/app:1`, `knap-test/local-only:${id}`]) await runtime.images.remove(reference);
  const built = await runtime.images.list({ label: `knap.dev/test=${id}` });
  for (const { tags } of built) for (const tag of tags) await runtime.images.remove(tag);
  registry.kill();
  rmSync(folder, { recursive: true });
  await runtime.close();
});

describe("the image library", () => {
  test("the library uses an image that exists only on this machine without asking a registry", async () => {
    await runtime.images.tag(image, `knap-test/local-only:${id}`);
    const outcome = await libraryWith().ensure({ reference: `knap-test/local-only:${id}` });
    expect(outcome).toMatchObject({ image: { reference: `knap-test/local-only:${id}`, stopSignal: "SIGTERM" } });
  });

  test("the library pulls a missing image once for concurrent requests, and reports progress to each", async () => {
    const library = libraryWith();
    const progress: string[] = [];
    const request = {
      reference: `${host}/team/app:1`,
      onProgress: (step: { status: string }) => progress.push(step.status),
    };
    expect(library.peek(request.reference)).toBeUndefined();
    const [first, second] = await Promise.all([library.ensure(request), library.ensure(request)]);
    expect(first).toEqual(second);
    expect(first).toMatchObject({
      image: { reference: `${host}/team/app:1`, imageId: expect.stringContaining("team/app@sha256:") },
    });
    expect(progress.join("\n")).toMatch(/Pulling|Status/);
    expect(library.peek(request.reference)).toBeDefined();
    await runtime.images.remove(request.reference);
  });

  test("a pull fails with ErrImagePull and the registry's message if the registry does not have the image", async () => {
    expect(await libraryWith().ensure({ reference: `${host}/team/none:1` })).toEqual({
      failure: { reason: "ErrImagePull", message: expect.stringMatching(/team\/none.*(unknown|not found)/) },
    });
  });

  test("policy Never and an invalid image name each have their own failure reason", async () => {
    expect(await libraryWith().ensure({ reference: `${host}/team/app:1`, policy: "Never" })).toMatchObject({
      failure: { reason: "ErrImageNeverPull" },
    });
    expect(await libraryWith().ensure({ reference: "UPPER/case:1" })).toMatchObject({
      failure: { reason: "InvalidImageName" },
    });
  });

  test("policy Always asks the registry, and falls back to the local image if the registry is unreachable", async () => {
    const dead = `127.0.0.1:${await freePort()}/team/app:1`;
    await runtime.images.tag(image, dead);
    const notices: string[] = [];
    const outcome = await libraryWith().ensure({
      reference: dead,
      policy: "Always",
      onPulled: (text) => notices.push(text),
    });
    await runtime.images.remove(dead);
    expect(outcome).toMatchObject({ image: { reference: dead } });
    expect(notices.join()).toContain("Registry unreachable");
  });

  test("an image for another platform comes with an explanation", async () => {
    const library = new ImageLibrary({
      runtime,
      engine: { os: "linux", architecture: "s390x" },
      userConfig: async () => ({}),
    });
    expect(await library.ensure({ reference: image })).toMatchObject({
      image: { foreign: expect.stringContaining("this engine runs linux/s390x") },
    });
  });
});

describe("digests", () => {
  const ask = (reference: string, skip: readonly string[] = []) =>
    answerDigest(
      { image: reference, skip: new Set(skip), configs: async () => [] },
      { runtime, library: libraryWith() },
    );

  test("a reference with a digest keeps it, and a skipped registry is not asked", async () => {
    const digest = `example.com/app@sha256:${"a".repeat(64)}`;
    expect(await ask(digest)).toEqual({ digest });
    expect(await ask("dev.local/app:1", ["dev.local"])).toEqual({ digest: "" });
  });

  test("the registry and, after a pull, the local image resolve a tag to the same digest", async () => {
    const byRegistry = await ask(`${host}/team/app:1`);
    expect(byRegistry).toEqual({ digest: expect.stringMatching(new RegExp(`^${host}/team/app@sha256:[0-9a-f]{64}$`)) });
    await libraryWith().ensure({ reference: `${host}/team/app:1` });
    expect(await ask(`${host}/team/app:1`)).toEqual(byRegistry);
    await runtime.images.remove(`${host}/team/app:1`);
  });

  test("a local image without a digest gets a pseudo digest from its id, which also finds the image", async () => {
    await runtime.images.tag(image, `knap-test/local-only:${id}`);
    const answer = await ask(`knap-test/local-only:${id}`);
    expect(answer).toEqual({ digest: expect.stringMatching(/^index\.docker\.io\/knap-test\/local-only@sha256:/) });
    const { digest } = answer as { digest: string };
    const info = await runtime.images.inspect(image);
    expect(await libraryWith().ensure({ reference: digest })).toMatchObject({ image: { reference: info?.id } });
  });

  test("digest resolution of an unknown image fails with the registry's message", async () => {
    expect(await ask(`${host}/team/none:1`)).toEqual({ error: expect.stringContaining("team/none") });
  });
});

describe("builds", () => {
  test("builds are tagged by content, and pruning keeps the last two of each Service", async () => {
    const context = join(folder, "context");
    mkdirSync(context, { recursive: true });
    const order = { namespace: "default", service: `built-${id}`, context, dockerfile: "Dockerfile", labels };
    const ids: string[] = [];
    for (const version of ["1", "2", "3"]) {
      writeFileSync(join(context, "Dockerfile"), `FROM ${image}\nLABEL version=${version}\n`);
      const built = await buildImage(runtime, order);
      expect(built.image).toBe(`dev.local/default/built-${id}:${built.id.slice(7, 19)}`);
      ids.push(built.id);
    }
    expect(new Set(ids).size).toBe(3);
    const removed = await pruneImages(runtime, { ...order, name: order.service, keep: ids[2] as string });
    expect(removed).toBe(1);
    const left = await runtime.images.list({ label: `${BUILD_LABEL}=default/built-${id}` });
    expect(left.length).toBe(2);
    expect(left.map((one) => one.id)).toContain(ids[2]);
  });

  test("a build reports the output of RUN line by line, and a failing RUN with its exit code", async () => {
    const context = join(folder, "printing");
    mkdirSync(context, { recursive: true });
    const order = { namespace: "default", service: `printing-${id}`, context, dockerfile: "Dockerfile", labels };
    const lines: string[] = [];
    const onOutput = (line: string): void => void lines.push(line);
    const base = await nodeImage(runtime);
    writeFileSync(join(context, "Dockerfile"), `FROM ${base}\nRUN echo one ${id}; echo "grüße" >&2; echo -n last\n`);
    await buildImage(runtime, { ...order, onOutput });
    expect(lines).toEqual(expect.arrayContaining([`one ${id}`, "grüße", "last"]));
    writeFileSync(join(context, "Dockerfile"), `FROM ${base}\nRUN echo before ${id}; exit 3\n`);
    await expect(buildImage(runtime, { ...order, onOutput })).rejects.toThrow(/exit code: 3/);
    expect(lines).toContain(`before ${id}`);
  });
});
