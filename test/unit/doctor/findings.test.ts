import { describe, expect, test } from "vitest";
import type { Service } from "../../../src/apis/serving/types.ts";
import { checkEngine, checkImages, checkLeftovers } from "../../../src/doctor/engine-checks.ts";
import { checkSettings, kubectlFinding } from "../../../src/doctor/machine-checks.ts";
import { type ContainerRuntime, RuntimeError } from "../../../src/node/runtime/runtime.ts";
import type { ProjectService } from "../../../src/project/project.ts";

/** A fake engine with these images. */
const engineWith = (images: Readonly<Record<string, string>>): ContainerRuntime =>
  ({
    info: async () => ({
      name: "docker",
      version: "28.0",
      engineId: "x",
      os: "linux",
      architecture: "x86_64",
      cpus: 4,
      memoryBytes: 8 * 2 ** 30,
      address: "direct",
    }),
    images: {
      inspect: async (reference: string) =>
        images[reference] === undefined ? undefined : { architecture: images[reference] },
    },
  }) as unknown as ContainerRuntime;
const serviceOf = (image: string, more: Partial<ProjectService> = {}): ProjectService => ({
  key: "default/hello",
  object: {} as Service,
  image,
  ...more,
});
const build = { context: "/app", dockerfile: "/app/Dockerfile", args: {}, bases: [] };

describe("the check of the engine", () => {
  test("the check describes an engine that responds", async () => {
    const { findings, runtime } = await checkEngine(async () => engineWith({}));
    expect(findings).toEqual([
      { check: "engine", level: "ok", what: "engine 28.0 responds (linux/x86_64, 4 CPUs, 8.0 GiB)" },
    ]);
    expect(runtime).toBeDefined();
  });

  test("the check warns of an engine that does not respond and offers --runtime process", async () => {
    const { findings, runtime } = await checkEngine(async () => {
      throw new RuntimeError("unreachable", "nobody listens at /var/run/docker.sock");
    });
    expect(findings).toMatchObject([{ level: "warning", what: expect.stringContaining("nobody listens") }]);
    expect(findings[0]?.fix).toContain("--runtime process");
    expect(runtime).toBeUndefined();
  });
});

describe("the check of images", () => {
  const levels = async (images: Readonly<Record<string, string>>, service: ProjectService) =>
    (await checkImages(engineWith(images), [service])).map(({ level }) => level);

  test("the check accepts images that exist locally or are built", async () => {
    expect(await levels({ app: "amd64" }, serviceOf("app"))).toEqual(["ok"]);
    expect(await levels({}, serviceOf("app", { build }))).toEqual(["ok"]);
  });

  test("the check warns of images to pull, and reports a wrong architecture or a missing image as a problem", async () => {
    expect(await levels({}, serviceOf("app"))).toEqual(["warning"]);
    expect(await levels({ app: "arm64" }, serviceOf("app"))).toEqual(["problem"]);
    expect(await levels({}, serviceOf(""))).toEqual(["problem"]);
  });
});

test("leftovers are reported for each session, and those of another host with its id", async () => {
  const labels = (session: string, host: string) => ({ "knap.dev/session": session, "knap.dev/host": host });
  const runtime = {
    list: async () => [
      { id: "1", name: "knap-dead_a", labels: labels("dead", "here") },
      { id: "2", name: "knap-dead_b", labels: labels("dead", "here") },
      { id: "3", name: "knap-live_c", labels: labels("live", "here") },
    ],
    networks: { list: async () => [{ id: "4", name: "n", labels: labels("far", "there") }] },
    volumes: { list: async () => [] },
  } as unknown as ContainerRuntime;
  const findings = await checkLeftovers(runtime, (id) => id === "live", "here");
  expect(findings.map(({ what }) => what)).toEqual([
    "session dead left 2 container(s) on the engine",
    "session far of another host (there) left 1 network(s) on the engine",
  ]);
  expect(findings[1]?.fix).toContain("knap down --all");
});

test("an old kubectl needs a flag; a new one and none at all are fine", () => {
  const version = (minor: number) => JSON.stringify({ clientVersion: { gitVersion: `v1.${minor}.3` } }, undefined, 1);
  expect(kubectlFinding(version(33)).level).toBe("ok");
  expect(kubectlFinding(version(27))).toMatchObject({
    level: "warning",
    fix: expect.stringContaining("--validate=false"),
  });
  expect(kubectlFinding(undefined).level).toBe("ok");
});

test("the http-proxy forwarder is a warning that lists its gaps", () => {
  expect(checkSettings({})).toEqual([]);
  expect(checkSettings({ KNAP_FORWARDER: "http-proxy" })).toMatchObject([{ level: "warning", check: "setting" }]);
});
