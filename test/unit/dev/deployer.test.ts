import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { AnyObject } from "../../../src/apis/meta/object.ts";
import type { Service } from "../../../src/apis/serving/types.ts";
import { ApiError, type Client } from "../../../src/client/client.ts";
import { Deployer, type DeployerParts } from "../../../src/dev/deployer.ts";
import type { DevEvent } from "../../../src/dev/dev-event.ts";
import { withFreshName, withTemplateChange } from "../../../src/dev/template-plan.ts";
import type { Project, ProjectService } from "../../../src/project/project.ts";
import { projectWith } from "../../support/loaded-project.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "knap-dev-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const service: Service = {
  apiVersion: "serving.knative.dev/v1",
  kind: "Service",
  metadata: { name: "hello", namespace: "default" },
  spec: {
    template: {
      spec: {
        containers: [
          { name: "side", image: "side:1" },
          { name: "app", image: "app:1", ports: [{ containerPort: 80 }] },
        ],
      },
    },
  },
};
const write = (name: string, text: string) => writeFile(join(folder, name), text);

describe("the template", () => {
  test("a built image replaces the serving container's image, which moves to an annotation", () => {
    const { template } = withTemplateChange(service, { image: "dev.local/default/hello:abc" }).spec;
    expect(template.spec.containers.map(({ image }) => image)).toEqual(["side:1", "dev.local/default/hello:abc"]);
    expect(template.metadata?.annotations).toEqual({ "knap.dev/image": "app:1" });
  });

  test("changed sources of a process add an annotation; unchanged sources add nothing", () => {
    expect(withTemplateChange(service, { sourceHash: "abc" }).spec.template.metadata?.annotations).toEqual({
      "knap.dev/source-hash": "abc",
    });
    expect(withTemplateChange(service, {})).toBe(service);
  });

  test("a revision name that the user chose gets a suffix; a template without a name does not change", () => {
    const named = { ...service, spec: { template: { ...service.spec.template, metadata: { name: "hello-blue" } } } };
    expect(withFreshName(named, "ab12").spec.template.metadata?.name).toBe("hello-blue-ab12");
    expect(withFreshName(service, "ab12")).toBe(service);
  });
});

describe("deploying", () => {
  const projectOf = (more: Partial<ProjectService>): Project =>
    projectWith(folder, [{ key: "default/hello", object: service, image: "app:1", ...more }]);
  const build = () => ({ context: folder, dockerfile: join(folder, "Dockerfile"), args: {}, bases: [] });
  const start = () => ({ command: ["node", "a.mjs"], folder, env: {} });
  const never = new AbortController().signal;
  let time = 0;

  function setUp(more: Partial<DeployerParts> = {}) {
    const applied: AnyObject[] = [];
    const events: DevEvent[] = [];
    const client = {
      apply: async (object: AnyObject) => {
        applied.push(object);
        return { object, verdict: "configured", warnings: [] };
      },
    } as unknown as Client;
    const commands = new Map();
    const deployer = new Deployer({
      client,
      commands,
      emit: (event) => events.push(event),
      clock: { now: () => time, at: () => ({ [Symbol.dispose]: () => {} }) },
      isOwnFile: () => false,
      cwd: "/nowhere",
      ...more,
    });
    const image = () => (applied.at(-1) as Service | undefined)?.spec.template.spec.containers[1]?.image;
    const annotations = () => (applied.at(-1) as Service | undefined)?.spec.template.metadata?.annotations;
    return { deployer, applied, events, commands, image, annotations };
  }

  test("unchanged sources are built once, changed ones again", async () => {
    let builds = 0;
    const { deployer, image } = setUp({
      buildImage: async () => ({ ok: true, image: `dev.local/default/hello:${++builds}` }),
    });
    await write("a.mjs", "1");
    await deployer.deploy(projectOf({ build: build() }), never);
    await deployer.deploy(projectOf({ build: build() }), never);
    expect([builds, image()]).toEqual([1, "dev.local/default/hello:1"]);
    await write("a.mjs", "2");
    await deployer.deploy(projectOf({ build: build() }), never);
    expect([builds, image()]).toEqual([2, "dev.local/default/hello:2"]);
    deployer.forget("default/hello");
    await deployer.deploy(projectOf({ build: build() }), never);
    expect(builds).toBe(3);
  });

  test("a requested rebuild gets a fresh revision name only if it gives another image", async () => {
    const { template } = service.spec;
    const named = { ...service, spec: { template: { ...template, metadata: { name: "hello-blue" } } } };
    let base = 1;
    const { deployer, applied } = setUp({ buildImage: async () => ({ ok: true, image: `dev.local/hello:${base}` }) });
    const nameAfterRequest = async (): Promise<string | undefined> => {
      deployer.forget("default/hello");
      const project = projectOf({ build: build(), object: named });
      await deployer.deploy({ ...project, objects: [named] }, never);
      return (applied.at(-1) as Service).spec.template.metadata?.name;
    };
    await write("a.mjs", "1");
    const names = [await nameAfterRequest(), await nameAfterRequest()];
    base = 2;
    names.push(await nameAfterRequest(), await nameAfterRequest());
    const fresh = expect.stringMatching(/^hello-blue-\w+-1$/);
    expect(names).toEqual(["hello-blue", "hello-blue", fresh, fresh]);
    expect(names[2]).toBe(names[3]);
  });

  test("each document of a Service that is defined twice is applied as it is, with the built image (11 B1)", async () => {
    const { deployer, applied } = setUp({ buildImage: async () => ({ ok: true, image: "dev.local/hello:1" }) });
    const first: Service = {
      ...service,
      spec: { template: { ...service.spec.template, metadata: { name: "hello-one" } } },
    };
    const project = projectOf({ build: build() });
    await deployer.deploy({ ...project, objects: [first, service] }, AbortSignal.timeout(100)).catch(() => {});
    const [one] = applied as Service[];
    expect(one?.spec.template.metadata?.name).toBe("hello-one");
    expect(one?.spec.template.spec.containers[1]?.image).toBe("dev.local/hello:1");
  });

  test("a failed build leaves the Service unchanged and is reported", async () => {
    const { deployer, applied, events } = setUp({
      buildImage: async () => ({ ok: false, message: '"/nope.txt" not found', output: ["[2/2] COPY nope.txt ./"] }),
    });
    await write("Dockerfile", "FROM node:22\nCOPY nope.txt ./\n");
    await deployer.deploy(projectOf({ build: build() }), never);
    expect(applied).toEqual([]);
    expect(events.at(-1)).toMatchObject({
      type: "build-failed",
      message: `${folder}/Dockerfile:2: "/nope.txt" not found\n[2/2] COPY nope.txt ./`,
      isFirst: true,
    });
  });

  test("a process's template stays unchanged until its sources change or a rebuild is requested", async () => {
    const { deployer, annotations, commands } = setUp();
    await write("a.mjs", "1");
    await deployer.deploy(projectOf({ start: start() }), never);
    expect(annotations()).toBeUndefined();
    await write("a.mjs", "2");
    await deployer.deploy(projectOf({ start: start() }), never);
    const second = annotations()?.["knap.dev/source-hash"];
    expect(second).toMatch(/^[0-9a-f]{12}$/);
    await deployer.deploy(projectOf({ start: { ...start(), command: ["node", "b.mjs"] } }), never);
    expect(annotations()?.["knap.dev/source-hash"]).not.toBe(second);
    expect(commands.get("default/hello")?.command).toEqual(["node", "b.mjs"]);
  });

  test("applying another manifest of the source folder changes no sources", async () => {
    const { deployer, annotations, events } = setUp();
    const project = (manifest: string): Project => ({
      ...projectOf({ start: start() }),
      inputs: [join(folder, manifest)],
    });
    await write("service.yaml", "1");
    await write("canary.yaml", "1");
    await write("a.mjs", "1");
    await deployer.deploy(project("service.yaml"), never);
    await deployer.deploy(project("canary.yaml"), never);
    await deployer.deploy(projectOf({ start: start() }), never);
    expect([annotations(), events.filter(({ type }) => type === "changed")]).toEqual([undefined, []]);
    await write("a.mjs", "2");
    await deployer.deploy(project("service.yaml"), never);
    expect(events).toContainEqual(expect.objectContaining({ type: "changed", files: ["a.mjs"] }));
    expect(annotations()).toMatchObject({ "knap.dev/source-hash": expect.any(String) });
  });

  test("data that an instance writes makes five new revisions and is then ignored, with the reason (11 C1)", async () => {
    const { deployer, annotations, events } = setUp();
    await write("a.mjs", "1");
    for (let round = 0; round < 8; round++) {
      await mkdir(join(folder, "data"), { recursive: true });
      await write("data/visits.json", String(round));
      await deployer.deploy(projectOf({ start: start() }), never);
      time += 2000;
    }
    expect(events.filter(({ type }) => type === "changed")).toHaveLength(5);
    const blocked = events.filter(({ type }) => type === "blocked");
    expect(blocked).toEqual([
      { type: "blocked", service: "default/hello", files: ["data/visits.json"], isRetried: false },
    ]);
    expect(deployer.retryAt).toBeUndefined();
    const braked = annotations()?.["knap.dev/source-hash"];
    await write("a.mjs", "2");
    await deployer.deploy(projectOf({ start: start() }), never);
    expect(annotations()?.["knap.dev/source-hash"]).not.toBe(braked);
  });

  test("sources of a process whose command is in the manifest count if it runs in the manifest's folder (11 C2)", async () => {
    const own = structuredClone(service) as Service;
    Object.assign(own.spec.template.spec.containers[1] as object, { command: ["node", "a.mjs"] });
    const { deployer, annotations } = setUp({ cwd: folder });
    const project = { ...projectOf({ object: own, folder }), objects: [own] };
    await write("a.mjs", "1");
    await deployer.deploy(project, never);
    await write("a.mjs", "2");
    await deployer.deploy(project, never);
    expect(annotations()?.["knap.dev/source-hash"]).toBeDefined();
    const elsewhere = setUp({ cwd: tmpdir() }).deployer;
    expect(elsewhere.isWatched(project.services[0] as ProjectService, project)).toBe(false);
  });

  test("an aborted deployment applies nothing", async () => {
    const abort = new AbortController();
    const { deployer, applied } = setUp({
      buildImage: async () => {
        abort.abort();
        return { ok: true, image: "dev.local/default/hello:1" };
      },
    });
    await expect(deployer.deploy(projectOf({ build: build() }), abort.signal)).rejects.toThrow();
    expect(applied).toEqual([]);
  });

  test("a refused object is reported and does not stop the others", async () => {
    const status = {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: "no",
      code: 400,
    } as const;
    const other = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "x", namespace: "default" } };
    const client = {
      apply: async (object: AnyObject) => {
        if (object.kind === "Service") throw new ApiError(status);
        return { object, verdict: "created", warnings: [] };
      },
    } as unknown as Client;
    const { deployer } = setUp({ client });
    const applied = await deployer.deploy({ ...projectOf({}), objects: [service, other] }, never);
    expect(applied.map((each) => ("refusal" in each ? each.refusal.message : each.verdict))).toEqual(["no", "created"]);
  });
});
