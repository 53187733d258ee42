// Tests the test library on containers: it builds images, and sessions share the engine without leaving anything.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ContainerRuntime } from "../../src/node/runtime/runtime.ts";
import { createHarness, type Harness } from "../../src/testing/index.ts";
import { leftovers, nodeImage, openTestEngine } from "../support/engine.ts";
import { manifest } from "../support/harness.ts";
import { KnapHome } from "../support/knap.ts";

const SERVER = `
import { createServer } from "node:http";
const server = createServer((_, response) => response.end(process.env.DB_URL));
server.listen(Number(process.env.PORT));
process.on("SIGTERM", () => process.exit(0));
`;

let home: KnapHome;
let engine: ContainerRuntime;
let all: readonly Harness[];

beforeAll(async () => {
  home = new KnapHome({ KNAP_RUNTIME: "docker", KNAP_CONTAINER_ADDRESS: "published" });
  engine = await openTestEngine();
  const cwd = join(home.folder, "app");
  mkdirSync(cwd);
  writeFileSync(join(cwd, "server.mjs"), SERVER);
  writeFileSync(
    join(cwd, "Dockerfile"),
    `FROM ${await nodeImage(engine)}\nCOPY server.mjs /\nCMD ["node", "/server.mjs"]\n`,
  );
  const variable = "env: [{ name: DB_URL, valueFrom: { secretKeyRef: { name: db, key: url } } }]";
  writeFileSync(join(cwd, "service.yaml"), manifest().replace(':v1" }', `:v1", ${variable} }`));
  all = Array.from({ length: 4 }, (_, index) =>
    createHarness({
      cwd,
      images: { "ghcr.io/acme/hello": { build: "." } },
      secrets: { db: { url: `postgres://${index}` } },
      clock: "virtual",
      env: home.env as Record<string, string>,
    }),
  );
});
afterAll(async () => {
  await Promise.all(all.map((kn) => kn.close()));
  const left = await leftovers(engine, `knap.dev/host=${home.hostId}`);
  await engine.close();
  home[Symbol.dispose]();
  expect(left).toEqual([]);
});

test("four harnesses in parallel build, nap and wake on one engine, each with its own secret", async () => {
  const answers = all.map(async (kn) => {
    await kn.start();
    const hello = kn.service("hello");
    await hello.waitForZero();
    const response = await hello.fetch("/");
    expect(response.coldStart?.totalMs).toBeGreaterThan(0);
    return response.text();
  });
  expect(await Promise.all(answers)).toEqual(all.map((_, index) => `postgres://${index}`));
});
