// Faults that need a container engine: names of containers, pulls, and the out-of-memory exit of a real container.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Event, Pod } from "../../src/apis/core/types.ts";
import { clearFaults, type FaultRequest, injectFault, listFaults } from "../../src/client/faults.ts";
import { eventually } from "../support/eventually.ts";
import { openSession, type TestSession } from "../support/session.ts";

const MIN_SCALE_ONE = { annotations: { "autoscaling.knative.dev/min-scale": "1" } };

let session: TestSession;
beforeAll(async () => {
  session = await openSession("docker");
  for (const name of ["hello", "other"]) await session.deploy(name, MIN_SCALE_ONE);
  for (const name of ["hello", "other"]) await session.ready(name);
});
afterAll(() => session[Symbol.asyncDispose]());

const inject = (request: FaultRequest) => injectFault(session.emulator.client, request);

async function userContainer(name: string) {
  const [pod] = (await session.pods(name)) as readonly Pod[];
  return pod?.status?.containerStatuses?.find((each) => each.name === "user-container");
}

test("the lookup of a dependency fails in the containers of the Service, and in no others", async () => {
  const call = (from: string, to: string) => session.fetch(from, `/fetch?url=http://${to}.default.svc.cluster.local/`);
  await inject({ kind: "dns-failure", service: "hello", host: "other" });
  expect(await call("hello", "other")).toMatchObject({ status: 500, text: expect.stringContaining("fetch failed") });
  expect((await call("other", "other")).status).toBe(200);
  expect((await call("hello", "hello")).status).toBe(200);
  const [{ id = "", hits = 0 } = {}] = await listFaults(session.emulator.client);
  expect(hits).toBeGreaterThan(0);
  await clearFaults(session.emulator.client, { id });
  expect((await call("hello", "other")).status).toBe(200);
});

test("a failed pull shows as ErrImagePull although the engine has the image; the back-off's next pull succeeds", async () => {
  const { id } = await inject({ kind: "image-pull-failure", service: "other", count: 1 });
  const [pod] = await session.pods("other");
  await session.emulator.client.delete({ kind: "Pod", namespace: "default", name: pod?.metadata.name ?? "" });
  await eventually(async () => {
    const waiting = (await userContainer("other"))?.state?.waiting;
    expect(waiting?.reason).toMatch(/^(ErrImagePull|ImagePullBackOff)$/);
    expect(waiting?.message).toMatch(new RegExp(`cannot pull image ".*": injected fault ${id} `));
  });
  await eventually(async () => expect((await userContainer("other"))?.ready).toBe(true), 20_000);
  const { items } = await session.emulator.client.list("Event", { namespace: "default" });
  const reasons = items.map(({ reason }: Event) => reason);
  expect(reasons).toEqual(expect.arrayContaining(["FaultInjected", "Failed", "FaultEnded"]));
});

test("a container that runs out of memory in a request is OOMKilled with exit code 137, and starts again", async () => {
  await inject({ kind: "out-of-memory", service: "hello", count: 1 });
  expect(await session.fetch("hello")).toEqual({ status: 502, text: "EOF\n" });
  await eventually(async () => {
    const container = await userContainer("hello");
    expect(container).toMatchObject({ restartCount: 1, ready: true });
    expect(container?.lastState?.terminated).toMatchObject({ exitCode: 137, reason: "OOMKilled" });
  });
  expect((await session.fetch("hello")).status).toBe(200);
});
