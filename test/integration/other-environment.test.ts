// Starts two sessions of one user on one engine with different environments: neither removes the other's resources.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { ContainerRuntime } from "../../src/node/runtime/runtime.ts";
import { leftovers, openTestEngine, testImage } from "../support/engine.ts";
import { get, KnapHome } from "../support/knap.ts";

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

const FLAGS = ["--runtime", "docker", "--container-address", "published", "--ui", "json"];
const start = async () => {
  const service = {
    apiVersion: "serving.knative.dev/v1",
    kind: "Service",
    metadata: { name: "app" },
    spec: {
      template: {
        metadata: { annotations: { "autoscaling.knative.dev/min-scale": "1" } },
        spec: { containers: [{ image }] },
      },
    },
  };
  writeFileSync(join(home.folder, "service.yaml"), JSON.stringify(service));
  const knap = home.start(["up", ...FLAGS, "--no-watch"]);
  const { address } = await knap.until(({ type }) => type === "ready", 60_000);
  return { knap, address: String(address) };
};
const containers = () => leftovers(engine, `knap.dev/host=${home.hostId}`);

test("a start with another XDG_RUNTIME_DIR spares a live session and removes a dead one (11 A4)", async () => {
  const { knap, address } = await start();
  const before = await containers();
  const own = home.env["XDG_RUNTIME_DIR"];
  home.env["XDG_RUNTIME_DIR"] = join(home.folder, "cron");
  mkdirSync(join(home.folder, "cron"), { mode: 0o700 });
  expect(await home.run(["ci", ...FLAGS, "--timeout", "60s"])).toMatchObject({ code: 0 });
  expect([...(await containers())].sort()).toEqual([...before].sort());
  expect((await get(address)).status).toBe(200);
  const all = await home.run(["down", "--all"]);
  expect(all.stderr).toMatch(/is live, with another session folder: spared/);
  expect((await get(address)).status).toBe(200);
  knap.child.kill("SIGKILL");
  await knap.finished;
  expect(await home.run(["ci", ...FLAGS, "--timeout", "60s"])).toMatchObject({ code: 0 });
  expect(await containers()).toEqual([]);
  home.env["XDG_RUNTIME_DIR"] = own;
}, 180_000);

test("a start spares a live session whose folder was deleted (11 A4)", async () => {
  const { knap, address } = await start();
  const before = await containers();
  // A stopped process cannot restore its folder before the other session sweeps.
  knap.child.kill("SIGSTOP");
  const sessions = join(home.folder, "knap");
  for (const name of readdirSync(sessions).filter((each) => /^[0-9a-f]{8}$/.test(each)))
    rmSync(join(sessions, name), { recursive: true });
  expect(await home.run(["ci", ...FLAGS, "--timeout", "60s"])).toMatchObject({ code: 0 });
  expect([...(await containers())].sort()).toEqual([...before].sort());
  knap.child.kill("SIGCONT");
  expect((await get(address)).status).toBe(200);
  expect(await knap.interrupt()).toMatchObject({ code: 0 });
  expect(await containers()).toEqual([]);
}, 120_000);
