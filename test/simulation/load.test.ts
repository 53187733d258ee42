// Sends minutes of virtual traffic through the real activator and queue-proxies: no request is lost, and the number of
// pods follows the load.
import { afterEach, describe, expect, test, vi } from "vitest";
import { type Answered, PaperEmulator } from "../support/paper-emulator.ts";

const REVISION = "default/hello-00001";
const SERVICE_MS = 400;

let emulator: PaperEmulator;
afterEach(() => {
  emulator[Symbol.dispose]();
  vi.restoreAllMocks();
});

async function deploy(annotations: Readonly<Record<string, string>>, containerConcurrency = 0): Promise<void> {
  emulator = new PaperEmulator({ serviceMs: SERVICE_MS });
  const prefixed = Object.entries(annotations).map(([name, value]) => [`autoscaling.knative.dev/${name}`, value]);
  emulator.apply({
    apiVersion: "serving.knative.dev/v1",
    kind: "Service",
    metadata: { name: "hello", namespace: "default" },
    spec: {
      template: {
        metadata: { annotations: Object.fromEntries(prefixed) },
        spec: { containerConcurrency, containers: [{ image: "example.com/hello:v1" }] },
      },
    },
  } as never);
  await emulator.advance(3000);
}
const pods = (): number => emulator.store.list("Pod").length;

/** Sends `perSecond` evenly spaced requests for `seconds` and returns them. */
async function load(perSecond: number, seconds: number): Promise<Answered[]> {
  const requests: Answered[] = [];
  for (let sent = 0; sent < perSecond * seconds; sent += 1) {
    requests.push(emulator.request(REVISION));
    await emulator.advance(1000 / perSecond);
  }
  return requests;
}

describe("traffic on virtual time", () => {
  test("the number of pods follows ten minutes of changing load, and every request gets a response", async () => {
    await deploy({ target: "2", window: "20s" });
    const requests: Answered[] = [];
    const sizes: number[] = [];
    for (const perSecond of [2, 10, 20, 10, 2]) {
      requests.push(...(await load(perSecond, 120)));
      sizes.push(pods());
    }
    await emulator.advance(5000);
    expect(requests).toHaveLength(44 * 120);
    expect(requests.filter(({ exchange }) => exchange.status !== 200)).toEqual([]);
    const [low = 0, middle = 0, high = 0, later = 0, last = 0] = sizes;
    // The concurrency is the rate × 0.4 s. A pod serves 2 × 0.7 of it.
    expect([low, middle, high]).toEqual([1, 3, 6]);
    expect([later, last]).toEqual([3, 1]);
    expect(Math.max(...requests.map(({ tookMs }) => tookMs ?? Number.NaN))).toBeLessThan(2 * SERVICE_MS);
    await emulator.advanceUntil(() => pods() === 0, 60_000);
  });

  test("a burst with containerConcurrency 1 is served within the time that four pods need", async () => {
    await deploy({ window: "20s", "max-scale": "4" }, 1);
    const burst = Array.from({ length: 100 }, () => emulator.request(REVISION));
    let most = 0;
    for (let second = 0; second < 30; second += 1) {
      await emulator.advance(1000);
      most = Math.max(most, pods());
    }
    expect(most).toBe(4);
    expect(burst.every(({ exchange }) => exchange.status === 200)).toBe(true);
    const longest = Math.max(...burst.map(({ tookMs = 0 }) => tookMs));
    expect(longest).toBeGreaterThanOrEqual((100 / 4) * SERVICE_MS);
    expect(longest).toBeLessThan(100 * SERVICE_MS);
  });

  test("the last pod stops only after the activator is in the path", async () => {
    await deploy({ window: "10s", "target-burst-capacity": "0" });
    const events: string[] = [];
    emulator.store.watch({}, ({ object, old, type }) => {
      const { kind, metadata } = object;
      const modeOf = (service: unknown) => (service as { spec: { mode?: string } } | undefined)?.spec.mode;
      const replicasOf = (deployment: unknown) => (deployment as { spec: { replicas?: number } }).spec.replicas;
      if (kind === "ServerlessService" && modeOf(object) !== modeOf(old)) events.push(`mode ${modeOf(object)}`);
      if (kind === "Deployment" && replicasOf(object) === 0 && old && replicasOf(old) !== 0) events.push("replicas 0");
      if (kind !== "Pod") return;
      if (type === "DELETED") events.push("pod is gone");
      else if (metadata.deletionTimestamp !== undefined) events.push("pod stops");
    });
    emulator.request(REVISION);
    await emulator.advanceUntil(() => pods() === 0, 90_000);
    expect(events).toEqual(["mode Serve", "mode Proxy", "replicas 0", "pod stops", "pod is gone"]);
  });

  test("90 idle virtual seconds set no real timer", async () => {
    await deploy({});
    const timers = (["setTimeout", "setInterval", "setImmediate"] as const).map((name) =>
      vi.spyOn(globalThis, name).mockImplementation(() => {
        throw new Error(`${name} on virtual time`);
      }),
    );
    await emulator.advance(90_000);
    expect(pods()).toBe(0);
    for (const timer of timers) expect(timer).not.toHaveBeenCalled();
  });
});
