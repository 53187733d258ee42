// Kills knap at several moments: the next start removes exactly the resources of the dead session. A second Ctrl-C
// leaves nothing behind.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ContainerRuntime } from "../../src/node/runtime/runtime.ts";
import { leftovers, openTestEngine, testAppPath, testImage } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import { faultAtSignal, get, KnapHome, type RunningKnap } from "../support/knap.ts";
import { openPrivateEngine, privateEngineLack } from "../support/private-engine.ts";

let engine: ContainerRuntime;
let image: string;
let home: KnapHome;
beforeAll(async () => {
  engine = await openTestEngine();
  image = await testImage(engine);
});
afterAll(() => engine.close());
beforeEach(() => {
  home = new KnapHome();
});
afterEach(() => home[Symbol.dispose]());

/** Writes a project with one Service that keeps two pods. */
const project = (name: string, env: Readonly<Record<string, string>> = {}): string => {
  const folder = join(home.folder, name);
  mkdirSync(folder, { recursive: true });
  const variables = Object.entries(env).map(([key, value]) => ({ name: key, value }));
  const service = {
    apiVersion: "serving.knative.dev/v1",
    kind: "Service",
    metadata: { name },
    spec: {
      template: {
        metadata: { annotations: { "autoscaling.knative.dev/min-scale": "2" } },
        spec: { containers: [{ image, env: variables }] },
      },
    },
  };
  writeFileSync(join(folder, "service.yaml"), JSON.stringify(service));
  const command = { services: { [name]: { command: [process.execPath, testAppPath] } } };
  writeFileSync(join(folder, "knap.yaml"), JSON.stringify(command));
  return folder;
};
const flags = (kind: string) => ["--runtime", kind, "--container-address", "published", "--ui", "json"];
const up = (kind: string, folder: string, nodeArgs: readonly string[] = []): RunningKnap =>
  home.start(["up", ...flags(kind), "--no-watch", "--stop-timeout", "2s"], folder, nodeArgs);
const ready = (knap: RunningKnap) => knap.until(({ type }) => type === "ready", 60_000);
const sessions = (): readonly string[] => {
  try {
    return readdirSync(join(home.folder, "knap")).filter((name) => name !== "host-id");
  } catch {
    return [];
  }
};
/** Returns the ids of the processes that belong to a session. */
const processesOf = (session: string): readonly string[] =>
  readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, "utf8").includes(`KNAP_SESSION=${session}\0`);
    } catch {
      return false;
    }
  });
/** Returns the resources of this home's sessions, except those of the sessions in `living`. */
const leftoversExcept = async (living: readonly string[]): Promise<readonly string[]> => {
  const all = await leftovers(engine, `knap.dev/host=${home.hostId}`);
  const own = await Promise.all(living.map((id) => leftovers(engine, `knap.dev/session=${id}`)));
  return all.filter((name) => !own.flat().includes(name));
};

/** Processes that guard a session. */
const guardsOf = (session: string): readonly string[] =>
  readdirSync("/proc").filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(`guard.js\0${session}\0`);
    } catch {
      return false;
    }
  });

const moments: readonly (readonly [string, (knap: RunningKnap) => Promise<unknown>])[] = [
  ["300 ms after its start", () => sleep(300)],
  ["600 ms after its start", () => sleep(600)],
  ["900 ms after its start", () => sleep(900)],
  ["1.4 s after its start", () => sleep(1400)],
  ["when it has printed its address", (knap) => knap.until(({ type }) => type === "session")],
  ["when its Service is ready", ready],
  [
    "while it ends",
    async (knap) => {
      await ready(knap);
      knap.child.kill("SIGINT");
      await sleep(60);
    },
  ],
];

describe.each(["docker", "process"])("a session that ends by force with runtime %s", (kind) => {
  test("the next start removes all resources of a killed session and none of a live session", async () => {
    const living = up(kind, project("living"));
    const { address } = await ready(living);
    const [livingId = ""] = sessions();
    const dead = new Set<string>();
    const folder = project("doomed");
    for (const [, moment] of moments) {
      const doomed = up(kind, folder);
      await moment(doomed);
      for (const id of sessions()) if (id !== livingId) dead.add(id.replace(/^\./, ""));
      doomed.child.kill("SIGKILL");
      await doomed.finished;
    }
    // On a slow machine, the moments that only sleep can come before the session's folder exists.
    expect(dead.size).toBeGreaterThanOrEqual(3);
    const next = await home.run(["ci", ...flags(kind), "--timeout", "60s"], folder);
    expect(next, next.stderr).toMatchObject({ code: 0 });
    expect(sessions()).toEqual([livingId]);
    // The guards of the killed sessions remove resources at the same time.
    await eventually(async () => expect(await leftoversExcept([livingId])).toEqual([]), 30_000);
    await eventually(() => expect([...dead].flatMap(processesOf)).toEqual([]), 30_000);
    expect((await get(String(address))).status).toBe(200);
    expect(await living.interrupt()).toMatchObject({ code: 0 });
    expect(await leftoversExcept([])).toEqual([]);
    expect(sessions()).toEqual([]);
    expect(processesOf(livingId)).toEqual([]);
  }, 180_000);

  test("the guard of a killed session removes its containers, networks and processes (11 A1)", async () => {
    const doomed = up(kind, project("alone"));
    await ready(doomed);
    const [id = ""] = sessions();
    doomed.child.kill("SIGKILL");
    await doomed.finished;
    await eventually(async () => expect(await leftoversExcept([])).toEqual([]), 30_000);
    await eventually(() => expect([...processesOf(id), ...guardsOf(id)]).toEqual([]), 30_000);
  }, 90_000);

  test("a session that ends in order ends its guard (11 A1)", async () => {
    const knap = up(kind, project("orderly"));
    await ready(knap);
    const [id = ""] = sessions();
    expect(guardsOf(id)).toHaveLength(1);
    await knap.interrupt();
    await eventually(() => expect(guardsOf(id)).toEqual([]));
  }, 90_000);

  test("a second Ctrl-C ends the session at once although a container ignores SIGTERM", async () => {
    const knap = up(kind, project("stubborn", { IGNORE_TERM: "true" }));
    const { address } = await ready(knap);
    const [id = ""] = sessions();
    const pending = get(`${address}/sleep?ms=60000`).catch(() => undefined);
    await sleep(200);
    const began = Date.now();
    knap.child.kill("SIGINT");
    await sleep(400);
    knap.child.kill("SIGINT");
    expect(await knap.finished).toMatchObject({ code: 0 });
    expect(Date.now() - began).toBeLessThan(4_000);
    await pending;
    expect(await leftoversExcept([])).toEqual([]);
    expect(sessions()).toEqual([]);
    expect(processesOf(id)).toEqual([]);
  });
});

test.each(["docker", "process"])(
  "an uncaught error ends pods that ignore SIGTERM, with runtime %s (11 A1)",
  async (kind) => {
    const knap = up(kind, project("stubborn", { IGNORE_TERM: "true" }), faultAtSignal("throw"));
    await ready(knap);
    const [id = ""] = sessions();
    knap.child.kill("SIGUSR2");
    expect(await knap.finished).toMatchObject({ code: 1, stderr: expect.stringContaining("injected fault") });
    expect(await leftoversExcept([])).toEqual([]);
    expect(sessions()).toEqual([]);
    expect(processesOf(id)).toEqual([]);
  },
);

if (privateEngineLack) console.info(`an engine that is unreachable at shutdown: skipped, ${privateEngineLack}`);

describe.skipIf(privateEngineLack !== undefined)("an engine that is unreachable at shutdown", () => {
  test("an unreachable engine delays shutdown by seconds only; the next start removes the leftovers", async () => {
    const daemon = await openPrivateEngine();
    const own = await openTestEngine({ env: { DOCKER_HOST: daemon.host } });
    await testImage(own);
    home[Symbol.dispose]();
    home = new KnapHome({ DOCKER_HOST: daemon.host });
    const folder = project("stranded");
    try {
      const knap = up("docker", folder);
      await ready(knap);
      await daemon.stop("SIGKILL");
      await knap.until(({ reason }) => reason === "NodeNotReady");
      const began = Date.now();
      const ended = await knap.interrupt();
      expect(Date.now() - began).toBeLessThan(15_000);
      expect(ended.code, ended.stderr).toBe(0);
      expect(sessions()).toEqual([]);
      const refused = await home.run(["ci", ...flags("docker")], folder);
      expect(refused.code).toBe(3);
      expect(refused.stderr).toMatch(/no container engine\n.*does not answer.*→ start Docker.*--runtime process/s);
      await daemon.start();
      expect((await leftovers(own, `knap.dev/host=${home.hostId}`)).length).toBeGreaterThan(0);
      expect(await home.run(["ci", ...flags("docker"), "--timeout", "60s"], folder)).toMatchObject({ code: 0 });
      expect(await leftovers(own, `knap.dev/host=${home.hostId}`)).toEqual([]);
    } finally {
      await own.close();
      await daemon.close();
    }
  }, 120_000);
});
