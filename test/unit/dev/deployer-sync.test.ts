// Tests which saved files are synced, and which make a new revision. The node is a stand-in that records its requests.
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { AnyObject } from "../../../src/apis/meta/object.ts";
import type { Service } from "../../../src/apis/serving/types.ts";
import type { Client } from "../../../src/client/client.ts";
import { Deployer, type DeployerParts } from "../../../src/dev/deployer.ts";
import type { DevEvent } from "../../../src/dev/dev-event.ts";
import type { SyncOutcome, SyncRequest } from "../../../src/node/agent/file-sync.ts";
import type { Project, ProjectService, WatchRule } from "../../../src/project/project.ts";
import { projectWith } from "../../support/loaded-project.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "knap-dev-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const service: Service = {
  apiVersion: "serving.knative.dev/v1",
  kind: "Service",
  metadata: { name: "hello", namespace: "default", generation: 1 },
  spec: { template: { spec: { containers: [{ image: "app:1" }] } } },
};
const write = (name: string, text: string) => writeFile(join(folder, name), text);
const never = new AbortController().signal;
const projectOf = (more: Partial<ProjectService>): Project =>
  projectWith(folder, [{ key: "default/hello", object: service, image: "app:1", ...more }]);
const build = () => ({ context: folder, dockerfile: join(folder, "Dockerfile"), args: {}, bases: [] });
const start = () => ({ command: ["node", "a.mjs"], folder, env: {} });

function setUp(more: Partial<DeployerParts>) {
  const applied: AnyObject[] = [];
  const events: DevEvent[] = [];
  const client = {
    apply: async (object: AnyObject) => {
      applied.push(object);
      return { object, verdict: "configured", warnings: [] };
    },
    get: async () => ({ ...service, status: { observedGeneration: 1 } }),
  } as unknown as Client;
  const deployer = new Deployer({
    client,
    commands: new Map(),
    emit: (event) => events.push(event),
    clock: { now: () => 0, at: () => ({ [Symbol.dispose]: () => {} }) },
    isOwnFile: () => false,
    cwd: "/nowhere",
    ...more,
  });
  const template = () => (applied.at(-1) as Service | undefined)?.spec.template;
  const image = () => template()?.spec.containers[0]?.image;
  const annotations = () => template()?.metadata?.annotations;
  return { deployer, applied, events, image, annotations };
}

describe("with a node that syncs files", () => {
  const syncRule = (more: Partial<WatchRule> = {}): WatchRule => ({
    path: join(folder, "src"),
    action: "sync",
    target: "/app/src",
    include: [],
    ignore: [],
    initialSync: false,
    ...more,
  });
  const times = { archivedMs: 5, servedMs: 6 };
  const outcome: SyncOutcome = { ok: true, instances: 1, dirty: 1, problems: [], isHeld: false, times };

  /** A container whose Dockerfile copies everything. `answer`: what the node says to each request. */
  async function setUpSync(rules: readonly WatchRule[], answer: (request: SyncRequest) => SyncOutcome = () => outcome) {
    const requests: SyncRequest[] = [];
    let builds = 0;
    const set = setUp({
      buildImage: async () => ({ ok: true, image: `dev.local/hello:${++builds}` }),
      syncFiles: async (request) => {
        requests.push(request);
        return answer(request);
      },
    });
    await mkdir(join(folder, "src"), { recursive: true });
    await write("Dockerfile", "FROM x");
    await write("src/a.mjs", "1");
    await write("package.json", "{}");
    const project = projectOf({ build: build(), develop: { rules, isInferred: false } });
    await set.deployer.deploy(project, never);
    const save = async (...names: readonly string[]): Promise<boolean> => {
      const paths = names.map((name) => join(folder, name));
      return set.deployer.syncChanges(project, paths, { since: Date.now(), signal: never });
    };
    const synced = () => requests.map(({ files }) => files.map(({ target, source }) => (source ? "+" : "-") + target));
    const deploy = () => set.deployer.deploy(project, never);
    return { ...set, project, requests, synced, save, deploy, builds: () => builds };
  }

  test("a saved file of a sync rule is synced without a build, and a later deployment keeps image and name", async () => {
    const { save, deploy, synced, builds, image, events } = await setUpSync([syncRule()]);
    await write("src/a.mjs", "2");
    expect(await save("src/a.mjs")).toBe(true);
    expect([synced(), builds()]).toEqual([[["+/app/src/a.mjs"]], 1]);
    expect(events.at(-1)).toMatchObject({ type: "synced", files: ["src/a.mjs"], instances: 1, dirty: 1 });
    await deploy();
    expect([synced().length, builds(), image()]).toEqual([1, 1, "dev.local/hello:1"]);
  });

  test("a file with the same content is not synced again", async () => {
    const { save, synced } = await setUpSync([syncRule()]);
    await write("src/a.mjs", "1");
    expect(await save("src/a.mjs")).toBe(true);
    expect(synced()).toEqual([]);
  });

  test("a rebuild in the same batch has the file, which is clean afterwards", async () => {
    const { save, deploy, synced, builds } = await setUpSync([syncRule()]);
    await write("src/a.mjs", "2");
    await write("package.json", '{ "name": "x" }');
    expect(await save("src/a.mjs", "package.json")).toBe(false);
    await deploy();
    expect([synced(), builds()]).toEqual([[], 2]);
    expect(await save("src/a.mjs", "package.json")).toBe(true);
    expect(synced()).toEqual([]);
  });

  test("a deleted file of the image is a rebuild, and one that only a sync brought is deleted in the instances", async () => {
    const { save, deploy, synced, builds, events } = await setUpSync([syncRule()]);
    await write("src/b.mjs", "1");
    await save("src/b.mjs");
    await rm(join(folder, "src/b.mjs"));
    expect(await save("src/b.mjs")).toBe(true);
    expect(synced()).toEqual([["+/app/src/b.mjs"], ["-/app/src/b.mjs"]]);
    await rm(join(folder, "src"), { recursive: true });
    expect(await save("src")).toBe(false);
    await deploy();
    expect(builds()).toBe(2);
    expect(events.find(({ type }) => type === "changed")).toMatchObject({
      files: ["src/a.mjs"],
      reason: "src/a.mjs was deleted, and the image has it",
    });
  });

  test("a refused sync is a rebuild, also of the files of the last build, and the reason is reported once", async () => {
    const refusal = { ok: false, message: "read-only" } as const;
    let refuses = true;
    const { save, deploy, builds, events } = await setUpSync([syncRule()], () => (refuses ? refusal : outcome));
    for (const content of ["2", "3", "synced", "3"]) {
      refuses = content !== "synced";
      await write("src/a.mjs", content);
      expect(await save("src/a.mjs")).toBe(!refuses);
      await deploy();
    }
    expect(builds()).toBe(4);
    const refused = { type: "sync-refused", service: "default/hello", message: "read-only", isRebuilt: true };
    // Once more after the success.
    expect(events.filter(({ type }) => type === "sync-refused")).toEqual([refused, refused]);
  });

  test("a failed build is tried again with every change, also of a file that could be synced", async () => {
    let fails = false;
    const requests: SyncRequest[] = [];
    const { deployer, events } = setUp({
      buildImage: async () =>
        fails ? { ok: false, message: "no", output: [] } : { ok: true, image: "dev.local/hello:1" },
      syncFiles: async (request) => {
        requests.push(request);
        return outcome;
      },
    });
    await mkdir(join(folder, "src"));
    await write("src/a.mjs", "1");
    const project = projectOf({ build: build(), develop: { rules: [syncRule()], isInferred: false } });
    await deployer.deploy(project, never);
    fails = true;
    await write("package.json", "broken");
    await deployer.deploy(project, never);
    await write("src/a.mjs", "2");
    const at = { since: Date.now(), signal: never };
    expect(await deployer.syncChanges(project, [join(folder, "src/a.mjs")], at)).toBe(false);
    fails = false;
    await deployer.deploy(project, never);
    expect(events.filter(({ type }) => type === "build-failed")).toHaveLength(1);
    expect(requests).toEqual([]);
  });

  test("a Service that is synced does not wait for the build of another Service", async () => {
    const { deployer, project, requests, builds } = await setUpSync([syncRule()]);
    const context = await mkdtemp(join(tmpdir(), "knap-other-"));
    const dockerfile = join(context, "Dockerfile");
    await writeFile(dockerfile, "FROM x");
    const other = { ...service, metadata: { ...service.metadata, name: "other" } };
    const plan = { context, dockerfile, args: {}, bases: [] as const };
    const second: ProjectService = { key: "default/other", object: other, image: "app:1", build: plan };
    const both = { ...project, objects: [service, other], services: [second, ...project.services] };
    await deployer.deploy(both, never);
    await write("src/a.mjs", "2");
    await writeFile(dockerfile, "FROM y");
    const paths = [join(folder, "src/a.mjs"), dockerfile];
    expect(await deployer.syncChanges(both, paths, { since: Date.now(), signal: never })).toBe(false);
    expect(requests.map((request) => request.service)).toEqual(["default/hello"]);
    const before = builds();
    await deployer.deploy(both, never);
    expect([builds() - before, requests.length]).toEqual([1, 1]);
    await rm(context, { recursive: true });
  });

  test("an aborted sync is repeated by the next one, also if the file is as before", async () => {
    let answer = (): SyncOutcome => {
      throw new Error("aborted");
    };
    const { save, synced } = await setUpSync([syncRule()], () => answer());
    await write("src/a.mjs", "2");
    await expect(save("src/a.mjs")).rejects.toThrow("aborted");
    answer = () => outcome;
    await write("src/a.mjs", "1");
    expect(await save("src/a.mjs")).toBe(true);
    expect(synced()).toEqual([["+/app/src/a.mjs"], ["+/app/src/a.mjs"]]);
  });

  test("initial_sync syncs all files of the rule at the start and after each build", async () => {
    const requests: SyncRequest[] = [];
    let builds = 0;
    const { deployer } = setUp({
      buildImage: async () => ({ ok: true, image: `dev.local/hello:${++builds}` }),
      syncFiles: async (request) => {
        requests.push(request);
        return outcome;
      },
    });
    await mkdir(join(folder, "src"));
    await write("src/a.mjs", "1");
    const rules = [syncRule({ initialSync: true })];
    const project = projectOf({ build: build(), develop: { rules, isInferred: false } });
    await deployer.deploy(project, never);
    await deployer.deploy(project, never);
    expect(requests.map(({ files }) => files.length)).toEqual([1]);
    await write("package.json", "{}");
    await deployer.deploy(project, never);
    expect([builds, requests.length]).toEqual([2, 2]);
  });

  test("a symbolic link that points elsewhere is synced as a link", async () => {
    const { save, synced } = await setUpSync([syncRule()]);
    await symlink("a.mjs", join(folder, "src/current"));
    await save("src/current");
    await rm(join(folder, "src/current"));
    await symlink("b.mjs", join(folder, "src/current"));
    await save("src/current");
    expect(synced()).toEqual([["+/app/src/current"], ["+/app/src/current"]]);
  });

  test("changed sources of a process restart it in the same revision; a changed command makes a new one", async () => {
    const requests: SyncRequest[] = [];
    const { deployer, annotations, events } = setUp({
      syncFiles: async (request) => {
        requests.push(request);
        return { ...outcome, dirty: 0 };
      },
    });
    await write("a.mjs", "1");
    const rules = [syncRule({ path: folder, action: "sync+restart", initialSync: true })];
    const project = projectOf({ start: start(), develop: { rules, isInferred: false } });
    await deployer.deploy(project, never);
    await write("a.mjs", "2");
    expect(await deployer.syncChanges(project, [join(folder, "a.mjs")], { since: Date.now(), signal: never })).toBe(
      true,
    );
    expect(requests).toMatchObject([{ service: "default/hello", files: [], restart: true }]);
    await deployer.deploy(project, never);
    expect([requests.length, annotations()]).toEqual([1, undefined]);
    await deployer.deploy(projectOf({ start: { ...start(), command: ["node", "b.mjs"] } }), never);
    expect(annotations()?.["knap.dev/source-hash"]).toBeDefined();
    const reloading = projectOf({
      start: start(),
      develop: { rules: [], isInferred: false, reloader: "npm run dev" },
    });
    await deployer.deploy(reloading, never);
    for (let at = 0; at < 10; at++) {
      await write("visits.json", String(at));
      expect(await deployer.syncChanges(reloading, [join(folder, "visits.json")], { since: 0, signal: never })).toBe(
        true,
      );
    }
    expect(events.filter(({ type }) => type === "blocked")).toEqual([]);
    await write("a.mjs", "3");
    expect(await deployer.syncChanges(reloading, [join(folder, "a.mjs")], { since: Date.now(), signal: never })).toBe(
      true,
    );
    expect(requests).toHaveLength(1);
  });
});
