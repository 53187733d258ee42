// Tests a session on virtual time with real processes: time passes only on request, and waits for starts and stops.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ApiError } from "../../src/client/client.ts";
import { openSession, type TestSession } from "../support/session.ts";

const NAP_S = 90;

describe.each(["process", "docker"] as const)("a session of runtime %s on the virtual clock", (kind) => {
  let session: TestSession;
  beforeAll(async () => {
    session = await openSession(kind, { clock: "virtual", configMaps: new Map() });
  });
  afterAll(async () => {
    await session[Symbol.asyncDispose]();
  });
  const now = async () => (await session.emulator.client.knap<{ time: number }>("GET", "/clock")).time;
  const advance = async (ms: number) =>
    (await session.emulator.client.knap<{ time: number }>("POST", "/clock/advance", { ms })).time;
  const run = async (condition: object) =>
    (await session.emulator.client.knap<{ time: number }>("POST", "/clock/run", condition)).time;
  const refusal = (condition: object): Promise<string> =>
    run(condition).then(
      () => "met",
      (error: ApiError) => error.status.message ?? "",
    );

  test("a Service becomes ready and serves while virtual time stands still", async () => {
    const began = await now();
    await session.deploy("still");
    await session.ready("still");
    expect(await session.fetch("still")).toMatchObject({ status: 200 });
    expect(await now()).toBe(began);
    const { metadata } = await session.service("still");
    expect(Date.parse(metadata.creationTimestamp ?? "")).toBe(Math.floor(began / 1000) * 1000);
  });

  test(`a nap of ${NAP_S} virtual seconds takes under 5 s; the next request wakes the Service and takes no virtual time`, async () => {
    const virtually = await now();
    const began = performance.now();
    expect((await advance(NAP_S * 1000)) - virtually).toBe(NAP_S * 1000);
    const tookMs = performance.now() - began;
    expect(await session.pods("still")).toEqual([]);
    expect(tookMs).toBeLessThan(5000);
    const atZero = await now();
    expect(await session.fetch("still")).toMatchObject({ status: 200 });
    expect(await now()).toBe(atZero);
    expect(await session.pods("still")).toHaveLength(1);
  });

  test("`clock run` advances time until a Service is at zero, and no further", async () => {
    const began = await now();
    const end = await run({ service: "still", zero: true });
    expect(end - began).toBeGreaterThan(55_000);
    expect(end - began).toBeLessThan(70_000);
    expect(await session.pods("still")).toEqual([]);
    expect(await run({ service: "still", zero: true })).toBe(end);
  });

  test("an open request keeps its pod while virtual time passes", async () => {
    const pending = session.fetch("still", "/sleep?ms=1500");
    await run({ revision: "still-00001", replicas: 1 });
    await advance(100_000);
    expect(await session.pods("still")).toHaveLength(1);
    expect((await pending).status).toBe(200);
  });

  test("a condition that cannot become true fails at once with the sentence of `explain`", async () => {
    await session.deploy("stays", { annotations: { "autoscaling.knative.dev/min-scale": "1" } });
    await session.ready("stays");
    const [began, realBegan] = [await now(), performance.now()];
    expect(await refusal({ service: "stays", zero: true })).toMatch(
      /^stays will not be at zero: min-scale is 1; stays-00001 stays at 1: /,
    );
    expect(await now()).toBe(began);
    expect(await refusal({ service: "stays", replicas: 3 })).toMatch(
      /^stays will not be at 3 pods: stays-00001 stays at 1: min-scale 1/,
    );
    expect(await refusal({ service: "nobody", ready: true })).toBe('there is no Service "nobody" in namespace default');
    expect(performance.now() - realBegan).toBeLessThan(5000);
  });

  test("a condition with missing arguments is refused with the argument that is missing", async () => {
    expect(await refusal({ service: "stays" })).toMatch(/say what to wait for/);
    expect(await refusal({ zero: true })).toMatch(/name one service or one revision/);
  });
});
