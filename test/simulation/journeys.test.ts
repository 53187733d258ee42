import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { AnyObject } from "../../src/apis/meta/object.ts";
import { PaperEmulator } from "../support/paper-emulator.ts";

const REVISION = "default/hello-00001";

function service(annotations: Record<string, string> = {}, spec: object = {}): AnyObject {
  const prefixed = Object.entries(annotations).map(([name, value]) => [`autoscaling.knative.dev/${name}`, value]);
  return {
    apiVersion: "serving.knative.dev/v1",
    kind: "Service",
    metadata: { name: "hello", namespace: "default" },
    spec: {
      template: {
        metadata: { annotations: Object.fromEntries(prefixed) },
        spec: { containers: [{ image: "example.com/hello:v1" }], ...spec },
      },
    },
  } as AnyObject;
}

let emulator: PaperEmulator;
const ready = (): boolean =>
  emulator.store
    .get("Service.serving.knative.dev", "default", "hello")
    ?.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true;
const pods = (): number => emulator.store.list("Pod").length;
const active = () =>
  emulator.store
    .get("Revision.serving.knative.dev", "default", "hello-00001")
    ?.status?.conditions?.find(({ type }) => type === "Active");
async function deploy(object: AnyObject, options: ConstructorParameters<typeof PaperEmulator>[0] = {}): Promise<void> {
  emulator = new PaperEmulator(options);
  emulator.apply(object);
  await emulator.advanceUntil(ready, 30_000);
}

afterEach(() => emulator[Symbol.dispose]());

describe("a Service on virtual time", () => {
  beforeEach(() => vi.useRealTimers());

  test("an applied Service becomes ready and responds", async () => {
    await deploy(service());
    const answered = emulator.request(REVISION);
    await emulator.advance(200);
    expect(answered.exchange.status).toBe(200);
    expect(answered.tookMs).toBe(100);
  });

  test("an idle Service is at zero after 60 to 66 s, and 90 virtual seconds take almost no real time", async () => {
    const timers = [vi.spyOn(globalThis, "setTimeout"), vi.spyOn(globalThis, "setInterval")];
    await deploy(service());
    const tookMs = await emulator.advanceUntil(() => pods() === 0, 90_000);
    expect(tookMs).toBeGreaterThan(58_000);
    expect(tookMs).toBeLessThan(66_000);
    expect(active()).toMatchObject({ status: "False", reason: "NoTraffic" });
    expect(ready()).toBe(true);
    for (const timer of timers) expect(timer).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });

  test("requests at zero wait for one pod and get a response; no other pod starts", async () => {
    await deploy(service(), { startUpMs: 2000 });
    await emulator.advanceUntil(() => pods() === 0, 90_000);
    await emulator.advance(30_000);
    const first = emulator.request(REVISION);
    const second = emulator.request(REVISION);
    await emulator.advance(5000);
    expect([first.exchange.status, second.exchange.status]).toEqual([200, 200]);
    expect(first.tookMs).toBeGreaterThanOrEqual(2100);
    expect(first.tookMs).toBeLessThan(2300);
    expect(pods()).toBe(1);
    expect(active()?.status).toBe("True");
  });

  test("a Service naps and wakes repeatedly without losing a request", async () => {
    await deploy(service({ window: "6s" }));
    for (let round = 0; round < 3; round += 1) {
      await emulator.advanceUntil(() => pods() === 0, 60_000);
      const answered = emulator.request(REVISION);
      await emulator.advance(3000);
      expect(answered.exchange.status).toBe(200);
    }
  });

  test("three open requests with containerConcurrency 1 give five pods", async () => {
    await deploy(service({}, { containerConcurrency: 1 }), { serviceMs: 20_000 });
    const open = [1, 2, 3].map(() => emulator.request(REVISION));
    await emulator.advance(10_000);
    expect(pods()).toBe(5);
    await emulator.advance(20_000);
    expect(open.map(({ exchange }) => exchange.status)).toEqual([200, 200, 200]);
  });

  test("a request that outlasts the idle window keeps its pod", async () => {
    await deploy(service({ window: "6s" }), { serviceMs: 120_000 });
    const answered = emulator.request(REVISION);
    await emulator.advance(119_000);
    expect(pods()).toBe(1);
    await emulator.advance(2000);
    expect(answered.exchange.status).toBe(200);
    await emulator.advanceUntil(() => pods() === 0, 60_000);
  });

  test("requests bypass the activator while capacity is sufficient, and use it again before the last pod stops", async () => {
    await deploy(service({ "target-burst-capacity": "0" }));
    const mode = () =>
      emulator.store.get("ServerlessService.networking.internal.knative.dev", "default", "hello-00001")?.spec.mode;
    emulator.request(REVISION);
    await emulator.advance(3000);
    expect(mode()).toBe("Serve");
    expect(emulator.activator.loadOf(REVISION).proxied).toBe(false);
    const idleMs = await emulator.advanceUntil(() => mode() === "Proxy", 90_000);
    expect(pods()).toBe(1);
    const zeroMs = await emulator.advanceUntil(() => pods() === 0, 60_000);
    expect(idleMs).toBeGreaterThan(56_000);
    expect(zeroMs).toBeGreaterThanOrEqual(29_000);
    expect(zeroMs).toBeLessThan(33_000);
  });

  test("a changed template makes a revision; the old one serves until the new one is ready", async () => {
    await deploy(service());
    emulator.store.patchMerge(
      { kind: "Service.serving.knative.dev", namespace: "default", name: "hello" },
      { spec: { template: { spec: { containers: [{ image: "example.com/hello:v2" }] } } } },
    );
    const route = () =>
      emulator.store.get("Route.serving.knative.dev", "default", "hello")?.status?.traffic?.[0]?.revisionName;
    await emulator.advance(500);
    expect(route()).toBe("hello-00001");
    await emulator.advanceUntil(() => route() === "hello-00002", 10_000);
    expect(ready()).toBe(true);
    const podsOf = (revision: string): number =>
      emulator.store.list("Pod", { labels: { matchLabels: { "serving.knative.dev/revision": revision } } }).length;
    await emulator.advanceUntil(() => podsOf("hello-00001") === 0, 90_000);
  });
});
