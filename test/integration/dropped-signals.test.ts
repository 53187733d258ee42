// Finds out for real containers whether the kernel drops their stop signal.
import { afterAll, beforeAll, expect, test } from "vitest";
import { dropsSignal } from "../../src/node/runtime/proc-signals.ts";
import type { ContainerRuntime } from "../../src/node/runtime/runtime.ts";
import { openTestEngine, testImage, testLabel } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";

let runtime: ContainerRuntime;
const ids: string[] = [];
beforeAll(async () => {
  runtime = await openTestEngine();
});
afterAll(async () => {
  await Promise.all(ids.map((id) => runtime.remove(id)));
  await runtime.close();
});

const run = async (name: string, command?: readonly string[]) => {
  const { labels } = testLabel();
  const made = {
    name: `knap-test-${process.pid}-${name}`,
    image: await testImage(runtime),
    env: [],
    labels,
    ports: [],
  };
  const id = await runtime.create({ ...made, command });
  ids.push(id);
  await runtime.start(id);
  return { id, pid: (await runtime.inspect(id))?.pid ?? 0 };
};

test("the kernel drops SIGTERM for a first process without a handler, and only for that one", async () => {
  const sleeper = await run("sleeper", ["sleep", "100"]);
  expect(await dropsSignal(sleeper.id, sleeper.pid, "SIGTERM")).toBe(true);
  expect(await dropsSignal(sleeper.id, sleeper.pid, "SIGKNAP")).toBe(false);
  const app = await run("app");
  await eventually(async () => expect(await dropsSignal(app.id, app.pid, "SIGTERM")).toBe(false));
  expect(await dropsSignal(app.id, app.pid, "SIGUSR2")).toBe(true);
  expect(await dropsSignal(app.id, sleeper.pid, "SIGTERM")).toBe(false);
  expect(await dropsSignal(sleeper.id, process.pid, "SIGTERM")).toBe(false);
  expect(await dropsSignal(sleeper.id, 0, "SIGTERM")).toBe(false);
});
