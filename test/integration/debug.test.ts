// Tests `knap debug` with a real inspector connection to real containers and real processes.
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
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
});
