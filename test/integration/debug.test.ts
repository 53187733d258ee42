// Tests `knap debug` with a real inspector connection to real containers and real processes.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isPodServing } from "../../src/apis/core/pod.ts";
import type { Pod } from "../../src/apis/core/types.ts";
import type { DebugStart, DebugState } from "../../src/client/debug.ts";
import { testAppPath } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import { Inspector } from "../support/inspector.ts";
import { openSession, type TestSession } from "../support/session.ts";

/** Longer than every timeout, the liveness and readiness probes, the stable window and the grace period. */
const HELD_MS = 9_000;
/** The first line of the app's handler of `/`, counted from 0. */
const HELLO = readFileSync(testAppPath, "utf8")
  .split("\n")
  .findIndex((line) => line.includes("hello from"));
const probe = (path: string) => ({ httpGet: { path }, periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 1 });

describe.each(["process", "docker"] as const)("debugging with runtime %s", (kind) => {
  let session: TestSession;
  const call = <T>(body: object): Promise<T> => session.emulator.client.knap<T>("POST", "/debug", body);
  const states = () => session.emulator.client.knap<readonly DebugState[]>("GET", "/debug");
  const state = async (revision: string) => (await states()).find((each) => each.revision === revision);
  const podNames = async (name: string) => (await session.pods(name)).map(({ metadata }) => metadata.name);
  const running = (revision: string) =>
    eventually(async () => {
      const found = await state(revision);
      if (!found?.instance?.ready) throw new Error(JSON.stringify(found));
      return found;
    }, 30_000);
  const explained = async (revision: string) =>
    (await session.emulator.client.knap<{ sentence: string }>("GET", `/explain?revision=${revision}`)).sentence;

  beforeAll(async () => {
    session = await openSession(kind);
  });
  afterAll(async () => {
    await session[Symbol.asyncDispose]();
  });

  test("a breakpoint holds requests longer than every timeout, then they are answered by the same pod", async () => {
    const limits = { timeoutSeconds: 1, responseStartTimeoutSeconds: 1, idleTimeoutSeconds: 1 };
    const container = { livenessProbe: probe("/health"), readinessProbe: probe("/ready") };
    await session.deploy("held", { spec: { ...limits, containerConcurrency: 1 }, container });
    await session.ready("held");
    await eventually(async () => expect(await session.pods("held")).toEqual([]), 30_000);
    const started = await call<DebugStart>({ service: "held" });
    expect(started).toMatchObject({ revision: "held-00001", debugger: "node", host: "127.0.0.1", already: false });
    await running("held-00001");
    const pods = await podNames("held");
    using inspector = await Inspector.attach(started);
    const { breakpointId } = await inspector.send<{ breakpointId: string }>("Debugger.setBreakpointByUrl", {
      urlRegex: "test-app\\.mjs$",
      lineNumber: HELLO,
    });
    const paused = inspector.next("Debugger.paused");
    // One request is held in the app, the other one waits for its slot in the activator.
    const answers = [session.fetch("held"), session.fetch("held")];
    await paused;
    await sleep(HELD_MS);
    expect(await podNames("held")).toEqual(pods);
    expect((await session.pods("held")).map((pod) => isPodServing(pod as Pod))).toEqual([true]);
    expect((await state("held-00001"))?.attached).toBe(1);
    expect((await session.ready("held")).status?.latestReadyRevisionName).toBe("held-00001");
    expect(await explained("held-00001")).toMatch(
      /^stays at 1: it is debugged at 127.0.0.1:\d+ .*1 debugger attached$/,
    );
    await inspector.send("Debugger.removeBreakpoint", { breakpointId });
    await inspector.send("Debugger.resume");
    const hello = { status: 200, text: "hello from held-00001\n" };
    expect(await Promise.all(answers)).toEqual([hello, hello]);
    expect(await podNames("held")).toEqual(pods);
    expect(await call({ service: "held", off: true })).toEqual({ stopped: true });
    expect(await states()).toEqual([]);
    await expect(fetch(`http://127.0.0.1:${started.port}/json/list`)).rejects.toThrow();
    await eventually(async () => {
      const [normal, ...others] = await session.pods("held");
      expect(others).toEqual([]);
      expect(normal?.metadata.annotations).not.toHaveProperty("knap.dev/debug");
    }, 30_000);
    await session.ready("held");
    expect((await session.fetch("held", "/sleep?ms=4000")).status).toBe(504);
    await eventually(async () => expect(await session.pods("held")).toEqual([]), 40_000);
  });

  test("a second call gives the same address, other options and wrong names are refused", async () => {
    await session.deploy("twice");
    await session.ready("twice");
    const first = await call<DebugStart>({ service: "twice" });
    expect(await call<DebugStart>({ service: "twice" })).toMatchObject({ port: first.port, already: true });
    expect(await call<DebugStart>({ revision: "twice-00001" })).toMatchObject({ port: first.port, already: true });
    const address = `127.0.0.1:${first.port}`;
    await expect(call({ service: "twice", port: 9876 })).rejects.toThrow(
      `twice-00001 is debugged at ${address} (node) already: end that with --off before you start it with other options`,
    );
    await expect(call({ service: "nobody" })).rejects.toThrow('services.serving.knative.dev "nobody" not found');
    await expect(call({ service: "twice", kind: "cobol" })).rejects.toThrow(
      "kind must be node, python, go, jvm, other",
    );
    expect(await call({ service: "twice", off: true })).toEqual({ stopped: true });
    expect(await call({ service: "twice", off: true })).toEqual({ stopped: false });
    await session.deploy("taken");
    await session.ready("taken");
    await using server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    await expect(call({ service: "taken", port })).rejects.toThrow(
      `port ${port} of 127.0.0.1 is taken by another program; choose another one with --port`,
    );
    await expect(call({ service: "taken", kind: "python" })).rejects.toThrow(/cannot start under the python debugger/);
    expect(await states()).toEqual([]);
    expect((await session.pods("taken"))[0]?.metadata.annotations).not.toHaveProperty("knap.dev/debug");
  });

  test("the address survives a crash of the instance, and a newer revision waits until debugging ends", async () => {
    await session.deploy("rolled");
    await session.ready("rolled");
    const started = await call<DebugStart>({ service: "rolled" });
    const { instance } = await running("rolled-00001");
    using inspector = await Inspector.attach(started);
    await session.deploy("rolled", { env: { VERSION: "2" } });
    await eventually(async () => {
      const { status } = await session.service("rolled");
      expect(status?.latestCreatedRevisionName).toBe("rolled-00002");
      expect(status?.conditions).toContainEqual(
        expect.objectContaining({ type: "Ready", status: "Unknown", reason: "Debugging" }),
      );
    }, 30_000);
    expect((await session.fetch("rolled")).text).toBe("hello from rolled-00001\n");
    const left = inspector.closed;
    await session.emulator.client.knap("POST", "/kill", { pod: instance?.pod });
    await left;
    using again = await Inspector.attach(started);
    expect(await again.send("Runtime.evaluate", { expression: "process.env.K_REVISION" })).toMatchObject({
      result: { value: "rolled-00001" },
    });
    expect((await running("rolled-00001")).instance?.pod).toBe(instance?.pod);
    await call({ service: "rolled", off: true });
    await eventually(
      async () => expect((await session.fetch("rolled")).text).toBe("hello from rolled-00002\n"),
      30_000,
    );
    await session.ready("rolled");
  });

  test("an app that waits for its debugger starts when one attaches, and the old instance serves until then", async () => {
    await session.deploy("waiter");
    await session.ready("waiter");
    const started = await call<DebugStart>({ service: "waiter", wait: true });
    await eventually(async () => expect((await state("waiter-00001"))?.instance?.listens).toBe(true), 30_000);
    await sleep(5_000);
    expect((await state("waiter-00001"))?.instance?.ready).toBe(false);
    expect((await session.fetch("waiter")).status).toBe(200);
    expect((await session.ready("waiter")).status?.latestReadyRevisionName).toBe("waiter-00001");
    using inspector = await Inspector.attach(started);
    const paused = inspector.next("Debugger.paused");
    await inspector.send("Runtime.runIfWaitingForDebugger");
    await paused;
    await inspector.send("Debugger.resume");
    await running("waiter-00001");
    await call({ service: "waiter", off: true });
  });

  test("saved files go into the debugged instance, and their restart waits until the debugger has left", async () => {
    await session.deploy("saved");
    await session.ready("saved");
    const started = await call<DebugStart>({ service: "saved" });
    await running("saved-00001");
    const pid = async () => (JSON.parse((await session.fetch("saved", "/whoami")).text) as { pid: number }).pid;
    const startOf = async () => [await pid(), (await session.pods("saved"))[0]?.status] as const;
    const before = await startOf();
    const inspector = await Inspector.attach(started);
    await inspector.send("Debugger.enable");
    const files = kind === "docker" ? [{ target: "/app/saved.mjs", source: testAppPath }] : [];
    const request = { service: "default/saved", files, restart: true, signal: new AbortController().signal };
    expect(await session.emulator.syncFiles(request)).toMatchObject({ ok: true, isHeld: true });
    await sleep(2_000);
    expect(await startOf()).toEqual(before);
    // The files are there already.
    if (kind === "docker") expect((await session.fetch("saved", "/stat?path=/app/saved.mjs")).status).toBe(200);
    inspector[Symbol.dispose]();
    await eventually(async () => expect(await startOf()).not.toEqual(before));
    await session.ready("saved");
    expect((await state("saved-00001"))?.port).toBe(started.port);
    await call({ service: "saved", off: true });
  });
});

describe("other ways to reach a debugger", () => {
  test("a port that the app itself opens is published; an unknown command is an error that shows it", async () => {
    await using session = await openSession("docker");
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const command = ["/bin/busybox", "httpd", "-f", "-h", "/app", "-p", String(port)];
    await session.deploy("plain", { container: { command, ports: [{ containerPort: port }] } });
    await session.ready("plain");
    const call = (body: object) => session.emulator.client.knap<DebugStart>("POST", "/debug", body);
    await expect(call({ service: "plain" })).rejects.toThrow(
      `plain-00001: no debugger is known for the command "${command.join(" ")}": name it with --kind`,
    );
    await expect(call({ service: "plain", kind: "go" })).rejects.toThrow("dlv is not installed");
    await expect(call({ service: "plain", port, wait: true })).rejects.toThrow("cannot be told to wait");
    expect(await call({ service: "plain", port })).toMatchObject({ debugger: "other", port });
    expect((await fetch(`http://127.0.0.1:${port}/test-app.mjs`)).status).toBe(200);
    await call({ service: "plain", off: true });
  });

  test("the debugger of a pod with several containers is reached at the pod's own address", async () => {
    await using session = await openSession("docker", { containerAddress: "direct" });
    const sidecar = { name: "sidecar", image: session.image, env: [{ name: "PORT", value: "8081" }] };
    const container = { name: "app", ports: [{ containerPort: 8080 }] };
    await session.deploy("pair", { container, containers: [sidecar] });
    await session.ready("pair");
    const started = await session.emulator.client.knap<DebugStart>("POST", "/debug", { service: "pair" });
    using inspector = await Inspector.attach(started);
    expect(await inspector.send("Runtime.evaluate", { expression: "process.env.K_REVISION" })).toMatchObject({
      result: { value: "pair-00001" },
    });
  });
});
