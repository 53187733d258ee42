// Restarts instances for synced files: in place, one after the other, without a lost request.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Event, Pod } from "../../src/apis/core/types.ts";
import type { Service } from "../../src/apis/serving/types.ts";
import { eventually } from "../support/eventually.ts";
import { Load } from "../support/load.ts";
import { openSession, type TestSession } from "../support/session.ts";
import { APP, appSaying, SyncedFiles } from "../support/synced-files.ts";

let session: TestSession;
let files: SyncedFiles;
beforeAll(async () => {
  session = await openSession("docker");
  files = new SyncedFiles(session);
}, 60_000);
afterAll(async () => {
  files[Symbol.dispose]();
  await session[Symbol.asyncDispose]();
}, 60_000);

const scale = (count: number) => ({
  "autoscaling.knative.dev/min-scale": String(count),
  "autoscaling.knative.dev/max-scale": String(count),
});
const podsOf = async (name: string) => (await session.pods(name)) as readonly Pod[];
const statusOf = (pod: Pod | undefined) =>
  pod?.status?.containerStatuses?.find(({ name }) => name === "user-container");
const word = async (name: string): Promise<string> => (await session.fetch(name)).text.split(" ")[0] ?? "";
const eventsOf = async (pod: Pod | undefined): Promise<readonly Event[]> => {
  const { items } = await session.emulator.client.list("Event", { namespace: "default" });
  return items.filter(({ involvedObject }) => involvedObject.name === pod?.metadata.name);
};
const restart = (name: string, say: string, signal = new AbortController().signal) =>
  files.sync(name, files.write({ [APP]: appSaying(say) }), { restart: true, signal });
const load = (service: string): Load =>
  new Load({ port: session.emulator.ingress.port, service, path: "/sleep?ms=20", pauseMs: 5 });
const deploy = async (name: string, instances: number, container = {}): Promise<void> => {
  await session.deploy(name, { annotations: scale(instances), container });
  await session.ready(name);
  await eventually(async () => {
    const pods = await podsOf(name);
    expect(pods.map((pod) => statusOf(pod)?.ready)).toEqual(Array(instances).fill(true));
  }, 30_000);
};

describe("one instance", () => {
  beforeAll(() => deploy("one", 1), 60_000);

  test("it restarts in its container while the activator holds requests, and the restart is no failure", async () => {
    const [before] = await podsOf("one");
    const seen = new Set<string>();
    const watching = sample(async () => void seen.add(readiness(await session.service("one"))));
    const requests = load("one");
    requests.clients(8);
    await sleep(300);
    const outcome = await restart("one", "second");
    expect(await word("one")).toBe("second");
    await sleep(300);
    expect(Object.fromEntries(await requests.stop())).toEqual({ 200: expect.any(Number) });
    console.info("restart", JSON.stringify(outcome), requests.answered);
    expect(outcome).toMatchObject({ ok: true, instances: 1, dirty: 1, problems: [] });
    const [after] = await podsOf("one");
    expect(after?.metadata.uid).toBe(before?.metadata.uid);
    expect(statusOf(after)).toMatchObject({ restartCount: 1, containerID: statusOf(before)?.containerID });
    expect(statusOf(after)).not.toHaveProperty("lastState");
    const events = await eventsOf(after);
    expect(events.filter(({ reason }) => reason === "Restarted").map(({ message }) => message)).toEqual([
      "Restarted container user-container: files were synced",
    ]);
    expect(events.filter(({ type }) => type === "Warning")).toEqual([]);
    await watching.stop();
    expect([...seen]).toEqual(["True"]);
  });

  test("after a bad save the start fails as a crash, and the next save starts it at once", async () => {
    const bad = await files.sync("one", files.write({ [APP]: "this is no program" }), { restart: true });
    expect(bad).toMatchObject({ ok: true });
    expect(bad.ok ? bad.problems : []).toEqual([
      expect.stringMatching(/^default\/one-\S+: exits with code 1: SyntaxError/),
    ]);
    await eventually(async () => {
      const [pod] = await podsOf("one");
      expect(statusOf(pod)?.state?.waiting?.reason).toBe("CrashLoopBackOff");
    }, 20_000);
    const held = session.fetch("one");
    const [pod] = await podsOf("one");
    const stopping = new AbortController();
    const followed = follow(pod, stopping.signal);
    const began = performance.now();
    expect(await restart("one", "repaired")).toMatchObject({ ok: true, problems: [] });
    console.info(`repaired after ${Math.round(performance.now() - began)} ms`);
    expect(await held).toMatchObject({ status: 200, text: expect.stringMatching(/^repaired/) });
    await session.ready("one");
    // A log that is followed goes on with each start, and shows each line once.
    expect(await restart("one", "again")).toMatchObject({ ok: true, problems: [] });
    await sleep(300);
    stopping.abort();
    const lines = await followed;
    expect(lines.filter((line) => line.startsWith("SyntaxError")).length).toBeGreaterThan(0);
    expect(lines.filter((line) => line.startsWith("listening")).length).toBe(2);
    expect(lines.filter((line) => line.startsWith("SIGTERM")).length).toBe(1);
  });
});

test("requests in flight end before an app that ignores its stop signal is killed, 2 s after it", async () => {
  await session.deploy("deaf", { annotations: scale(1), env: { IGNORE_TERM: "true" } });
  await session.ready("deaf");
  const slow = session.fetch("deaf", "/sleep?ms=4000");
  await sleep(500);
  const outcome = await restart("deaf", "second");
  expect(await slow).toEqual({ status: 200, text: "slept\n" });
  expect(outcome.ok && outcome.times.servedMs).toBeGreaterThan(5_000);
  expect(await word("deaf")).toBe("second");
  expect((await eventsOf((await podsOf("deaf"))[0])).filter(({ type }) => type === "Warning")).toEqual([]);
});

test("in a pod of several containers only the serving container restarts", async () => {
  const env = Object.entries({ LISTEN_PORT: "9090", LISTEN_HOST: "127.0.0.1" }).map(([name, value]) => ({
    name,
    value,
  }));
  await session.deploy("pair", {
    annotations: scale(1),
    container: { name: "user-container", ports: [{ containerPort: 8080 }] },
    containers: [{ name: "side", image: session.image, env }],
  });
  await session.ready("pair");
  expect(await restart("pair", "second")).toMatchObject({ ok: true, problems: [] });
  expect(await word("pair")).toBe("second");
  const beside = encodeURIComponent("http://127.0.0.1:9090/");
  expect((await session.fetch("pair", `/fetch?url=${beside}`)).text).toContain("hello from");
  const [pod] = await podsOf("pair");
  expect(pod?.status?.containerStatuses?.map(({ name, restartCount }) => [name, restartCount])).toEqual([
    ["queue-proxy", 0],
    ["side", 0],
    ["user-container", 1],
  ]);
});

test("three instances restart one after the other, and none of the requests fails", async () => {
  await deploy("three", 3);
  let fewest = 3;
  const watching = sample(async () => {
    fewest = Math.min(fewest, (await podsOf("three")).filter((pod) => readiness(pod) === "True").length);
  });
  const requests = load("three");
  requests.clients(12);
  await sleep(300);
  const outcome = await restart("three", "rolled");
  for (let asked = 0; asked < 20; asked++) expect(await word("three")).toBe("rolled");
  expect(Object.fromEntries(await requests.stop())).toEqual({ 200: expect.any(Number) });
  await watching.stop();
  expect(outcome).toMatchObject({ ok: true, instances: 3, problems: [] });
  expect((await podsOf("three")).map((pod) => statusOf(pod)?.restartCount)).toEqual([1, 1, 1]);
  expect(fewest).toBe(2);
  const bad = await files.sync("three", files.write({ [APP]: "this is no program" }), { restart: true });
  expect(bad.ok ? bad.problems : []).toHaveLength(1);
  expect(await word("three")).toBe("rolled");
  await restart("three", "good");
  for (let asked = 0; asked < 20; asked++) expect(await word("three")).toBe("good");
}, 240_000);

test("200 saves in 20 s under load end in the last state, and none of the requests fails", async () => {
  await deploy("busy", 1);
  const requests = load("busy");
  requests.clients(4);
  let newer = new AbortController();
  const outcomes: Promise<unknown>[] = [];
  const began = performance.now();
  for (let save = 1; save <= 200; save++) {
    newer.abort(new Error("a newer save"));
    newer = new AbortController();
    outcomes.push(restart("busy", `save${save}`, newer.signal).catch((error: Error) => error.message));
    await sleep(Math.max(0, began + save * 100 - performance.now()));
  }
  const last = await outcomes.at(-1);
  expect(last).toMatchObject({ ok: true, problems: [] });
  expect(await word("busy")).toBe("save200");
  expect(Object.fromEntries(await requests.stop())).toEqual({ 200: expect.any(Number) });
  const [pod] = await podsOf("busy");
  console.info(
    "200 saves",
    JSON.stringify(last),
    `${requests.answered} requests, restarts`,
    statusOf(pod)?.restartCount,
  );
  expect((await eventsOf(pod)).filter(({ type }) => type === "Warning")).toEqual([]);
}, 240_000);

/** Collects the log of the app until aborted. */
async function follow(pod: Pod | undefined, signal: AbortSignal): Promise<readonly string[]> {
  const lines: string[] = [];
  const key = { namespace: "default", name: pod?.metadata.name ?? "" };
  try {
    const options = { follow: true, container: "user-container", signal };
    for await (const line of session.emulator.client.logs(key, options)) lines.push(line);
  } catch {
    // The test has ended the stream.
  }
  return lines;
}

function readiness({ status }: Pod | Service): string {
  return status?.conditions?.find(({ type }) => type === "Ready")?.status ?? "";
}

/** Repeats `look` until it is stopped. */
function sample(look: () => Promise<void>): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const run = async (): Promise<void> => {
    for (; !stopping.signal.aborted; await sleep(10)) await look();
  };
  const done = run();
  return {
    stop: () => {
      stopping.abort();
      return done;
    },
  };
}
