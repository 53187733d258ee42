// Faults on demand in a session that runs processes: what a client, the pod and the events show.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Event, Pod } from "../../../src/apis/core/types.ts";
import type { Fault } from "../../../src/apis/faults/fault.ts";
import { clearFaults, type FaultRequest, injectFault, listFaults } from "../../../src/client/faults.ts";
import { eventually } from "../../support/eventually.ts";
import { openSession, type TestSession } from "../../support/session.ts";

const STOP_TIMEOUT_MS = 1200;
let session: TestSession;
beforeAll(async () => {
  session = await openSession("process", { stopTimeoutMs: STOP_TIMEOUT_MS });
});
afterAll(() => session[Symbol.asyncDispose]());

/** Always one instance, so that the session does not wake it between two requests. */
async function deployed(name: string, options: Parameters<TestSession["deploy"]>[1] = {}): Promise<void> {
  await session.deploy(name, { annotations: { "autoscaling.knative.dev/min-scale": "1" }, ...options });
  await session.ready(name);
}

const inject = (request: FaultRequest): Promise<Fault> => injectFault(session.emulator.client, request);
const statuses = async (name: string, requests: number): Promise<readonly number[]> => {
  const seen: number[] = [];
  for (let n = 0; n < requests; n += 1) seen.push((await session.fetch(name)).status);
  return seen;
};

async function reasons(name: string): Promise<readonly string[]> {
  const { items } = await session.emulator.client.list("Event");
  return items.filter(({ involvedObject }) => involvedObject.name === name).map(({ reason = "" }: Event) => reason);
}

/** How the serving container of the first pod last ended, and how often it has restarted. */
async function lastExit(name: string) {
  const [pod] = (await session.pods(name)) as readonly Pod[];
  const [container] = pod?.status?.containerStatuses?.filter((each) => each.name === "user-container") ?? [];
  return { ...(container?.lastState?.terminated ?? container?.state?.terminated), restarts: container?.restartCount };
}

test("errors answer the chosen share of requests, the same ones for a seed, until the count is reached", async () => {
  await deployed("errors");
  const request = { kind: "errors", service: "errors", percent: 40, seed: 5, status: 503, count: 4 } as const;
  const fault = await inject(request);
  expect(fault).toMatchObject({ ...request, events: 0, hits: 0 });
  const first = await statuses("errors", 16);
  expect(first.filter((status) => status === 503)).toHaveLength(4);
  expect(await listFaults(session.emulator.client)).toEqual([]);
  const [ended] = await clearFaults(session.emulator.client, { id: fault.id });
  expect(ended).toMatchObject({ id: fault.id, hits: 4, endedAt: expect.any(String) });
  expect(await reasons("errors")).toEqual(expect.arrayContaining(["FaultInjected", "FaultEnded"]));
  await inject(request);
  expect(await statuses("errors", 16)).toEqual(first);
});

test("the response of an injected error names the fault", async () => {
  await deployed("named");
  const { id } = await inject({ kind: "errors", service: "named", count: 1 });
  expect(await session.fetch("named")).toEqual({ status: 500, text: `injected fault ${id} (errors)` });
});

test("latency delays a request before the container gets it, and adds up; a timeout of the revision ends the wait", async () => {
  await deployed("slow", { spec: { timeoutSeconds: 1, responseStartTimeoutSeconds: 1 } });
  const { id } = await inject({ kind: "latency", service: "slow", delay: "150ms" });
  await inject({ kind: "latency", service: "slow", delay: "150ms" });
  const began = performance.now();
  expect((await session.fetch("slow")).status).toBe(200);
  expect(performance.now() - began).toBeGreaterThan(295);
  await inject({ kind: "latency", service: "slow", delay: "1m" });
  expect((await session.fetch("slow")).status).toBe(504);
  expect(await clearFaults(session.emulator.client, { id })).toMatchObject([{ id, events: 2, hits: 2 }]);
  expect(await clearFaults(session.emulator.client, { service: "slow" })).toHaveLength(2);
  expect((await session.fetch("slow")).status).toBe(200);
});

test("a connection reset closes the client's connection without a response", async () => {
  await deployed("reset");
  await inject({ kind: "connection-reset", service: "reset", count: 1 });
  await expect(session.fetch("reset")).rejects.toThrow(/socket hang up|ECONNRESET/);
  expect((await session.fetch("reset")).status).toBe(200);
});

test("a full queue is the 503 of the queue-proxy", async () => {
  await deployed("full");
  await inject({ kind: "queue-full", service: "full", count: 1 });
  expect(await session.fetch("full")).toEqual({ status: 503, text: "pending request queue full\n" });
  expect((await session.fetch("full")).status).toBe(200);
});

test("a crash in a request gives 502 although the app responds at once; the container restarts", async () => {
  await deployed("crash");
  const { id } = await inject({ kind: "crash-mid-request", service: "crash", count: 1 });
  expect(await session.fetch("crash")).toEqual({ status: 502, text: "EOF\n" });
  await eventually(async () =>
    expect(await lastExit("crash")).toMatchObject({
      exitCode: 137,
      reason: "Error",
      message: expect.stringContaining(`injected fault ${id} (crash-mid-request)`),
      restarts: 1,
    }),
  );
  await eventually(async () => expect((await session.fetch("crash")).status).toBe(200));
});

test("an app that uses up its memory is OOMKilled with exit code 137 in the middle of a request", async () => {
  await deployed("memory");
  await inject({ kind: "out-of-memory", service: "memory", count: 1 });
  const began = performance.now();
  expect((await session.fetch("memory", "/sleep?ms=10000")).status).toBe(502);
  expect(performance.now() - began).toBeLessThan(5000);
  await eventually(async () =>
    expect(await lastExit("memory")).toMatchObject({ exitCode: 137, reason: "OOMKilled", restarts: 1 }),
  );
});

test("a slow start keeps the port closed, so that the pod is not ready before the delay is over", async () => {
  await deployed("start");
  await inject({ kind: "slow-start", service: "start", delay: "1500ms", count: 1 });
  const [pod] = await session.pods("start");
  const began = performance.now();
  await session.emulator.client.knap("POST", "/kill", { pod: pod?.metadata.name });
  await eventually(async () => expect(await lastExit("start")).toMatchObject({ restarts: 1 }));
  expect((await session.fetch("start")).status).toBe(200);
  expect(performance.now() - began).toBeGreaterThan(1500);
});

test("a crash on start is an exit with its cause, and the container starts again with the back-off of a crash", async () => {
  await deployed("loop");
  const { id } = await inject({ kind: "crash-on-start", service: "loop", count: 2 });
  const [pod] = (await session.pods("loop")) as readonly Pod[];
  await session.emulator.client.knap("POST", "/kill", { pod: pod?.metadata.name });
  await eventually(async () => {
    const [{ status } = {}] = (await session.pods("loop")) as readonly Pod[];
    const container = status?.containerStatuses?.find(({ name }) => name === "user-container");
    expect(container?.state?.waiting?.reason).toBe("CrashLoopBackOff");
    expect(container?.lastState?.terminated?.message).toContain(`injected fault ${id} (crash-on-start)`);
  });
});

test("a readiness flap makes a ready pod unready for as many checks as its probe allows to fail, then ready", async () => {
  const readinessProbe = { httpGet: { path: "/ready" }, periodSeconds: 1, failureThreshold: 2 };
  await deployed("flap", { container: { readinessProbe } });
  const readiness = async () => {
    const [{ status } = {}] = (await session.pods("flap")) as readonly Pod[];
    return status?.conditions?.find(({ type }) => type === "Ready");
  };
  const { id } = await inject({ kind: "readiness-flap", service: "flap", percent: 100, count: 1 });
  await eventually(async () => expect(await readiness()).toMatchObject({ status: "False" }));
  expect((await readiness())?.message).toContain(`injected fault ${id} (readiness-flap)`);
  await eventually(async () => expect(await readiness()).toMatchObject({ status: "True" }));
});

test("a container that ignores SIGTERM is killed after the stop timeout, with the Event of that", async () => {
  await deployed("deaf");
  await inject({ kind: "ignores-sigterm", service: "deaf", count: 1 });
  const [pod] = await session.pods("deaf");
  const key = { kind: "Pod", namespace: "default", name: pod?.metadata.name ?? "" } as const;
  const began = performance.now();
  await session.emulator.client.delete(key);
  await eventually(async () => expect(await session.emulator.client.get(key)).toBeUndefined());
  expect(performance.now() - began).toBeGreaterThan(STOP_TIMEOUT_MS);
  expect(await reasons(key.name)).toContain("StopTimeout");
});

test("a clock jump moves the session's clock at once, and is recorded at the Node", async () => {
  const { client } = session.emulator;
  const now = async () => (await client.knap<{ time: number }>("GET", "/clock")).time;
  const before = await now();
  expect(await inject({ kind: "clock-jump", by: "2h" })).toMatchObject({ kind: "clock-jump", by: "2h", hits: 1 });
  expect((await now()) - before).toBeGreaterThan(7_190_000);
  expect(await listFaults(client)).not.toContainEqual(expect.objectContaining({ kind: "clock-jump" }));
  await eventually(async () =>
    expect(await reasons("knap")).toEqual(expect.arrayContaining(["FaultInjected", "ClockSet"])),
  );
});

test("a fault concerns its Service or Revision only, and ends with its time or with its Service", async () => {
  await deployed("one");
  await deployed("two");
  await inject({ kind: "queue-full", service: "one" });
  await inject({ kind: "errors", revision: "two-00001", duration: "400ms" });
  expect(await statuses("one", 1)).toEqual([503]);
  expect(await statuses("two", 1)).toEqual([500]);
  await eventually(async () => expect(await statuses("two", 1)).toEqual([200]));
  await session.emulator.client.delete({ kind: "Service.serving.knative.dev", namespace: "default", name: "one" });
  const targets = async () => (await listFaults(session.emulator.client)).map(({ service }) => service);
  await eventually(async () => expect(await targets()).not.toContain("one"));
});

test("with a virtual clock, the duration of a fault is virtual time, and the clock cannot jump back", async () => {
  await using virtual = await openSession("process", { clock: "virtual" });
  const { client } = virtual.emulator;
  await virtual.deploy("hello");
  await client.knap("POST", "/clock/run", { service: "hello", ready: true });
  const { id } = await injectFault(client, { kind: "errors", service: "hello", duration: "50s" });
  await client.knap("POST", "/clock/advance", { ms: 49_000 });
  expect((await virtual.fetch("hello")).status).toBe(500);
  await client.knap("POST", "/clock/advance", { ms: 1000 });
  expect((await virtual.fetch("hello")).status).toBe(200);
  expect(await clearFaults(client, { id })).toMatchObject([{ id, events: 1, hits: 1 }]);
  const jump = { kind: "clock-jump", by: "-1h" } as const;
  await expect(injectFault(client, jump)).rejects.toThrow("virtual time cannot go back");
});

test("a fault that cannot be is refused with what to do", async () => {
  await expect(inject({ kind: "errors", service: "nobody" })).rejects.toThrow(
    'services.serving.knative.dev "nobody" not found',
  );
  await deployed("refused");
  await expect(inject({ kind: "errors", service: "refused", percent: 200 })).rejects.toThrow("percent: 200 is not");
  await expect(inject({ kind: "image-pull-failure", service: "refused" })).rejects.toThrow("processes have no images");
  await expect(inject({ kind: "dns-failure", service: "refused", host: "db" })).rejects.toThrow(
    "start the session with Docker",
  );
  await expect(clearFaults(session.emulator.client, { id: "f999" })).rejects.toThrow("there is no fault f999");
  await expect(clearFaults(session.emulator.client, { id: "f1", service: "refused" })).rejects.toThrow(
    "name one fault by its id",
  );
});
