// Tests the conditions of `clock run` with the whole control plane, activator and queue-proxies over simulated pods.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ok } from "../../src/base/result.ts";
import { VirtualTime } from "../../src/knap-api/virtual-time.ts";
import { makeWait, readWaitCondition, whyNot } from "../../src/knap-api/wait-condition.ts";
import { PaperEmulator } from "../support/paper-emulator.ts";

const service = (annotations: Readonly<Record<string, string>> = {}) => ({
  apiVersion: "serving.knative.dev/v1",
  kind: "Service",
  metadata: { name: "hello", namespace: "default" },
  spec: { template: { metadata: { annotations }, spec: { containers: [{ image: "example.com/hello:v1" }] } } },
});

let emulator: PaperEmulator;
let time: VirtualTime;

function open(options: ConstructorParameters<typeof PaperEmulator>[0] = {}): void {
  emulator = new PaperEmulator(options);
  const { clock, cluster, store } = emulator;
  time = new VirtualTime({
    clock,
    version: () => store.version,
    settle: () => cluster.settle(),
    idle: () => Promise.resolve(),
  });
}

/** Returns the virtual seconds until the condition is true, or the reason why it cannot become true. */
async function run(body: Readonly<Record<string, unknown>>): Promise<number | string> {
  const condition = readWaitCondition(body);
  if (!condition.ok) return condition.error;
  const { clock, cluster } = emulator;
  const began = clock.now();
  const met = await time.run(() => makeWait(condition.value, cluster.plane, clock.now()));
  return met ? (clock.now() - began) / 1000 : whyNot(condition.value, cluster.plane, clock.now());
}

beforeEach(() => open());
afterEach(() => emulator[Symbol.dispose]());

describe("clock run", () => {
  test("`clock run` ends when a Service is ready, and when it is at zero", async () => {
    emulator.apply(service());
    expect(await run({ service: "hello", ready: true })).toBeLessThan(3);
    const idleS = await run({ revision: "hello-00001", zero: true });
    expect(idleS).toBeGreaterThan(55);
    expect(idleS).toBeLessThan(70);
  });

  test("`clock run` ends at a number of pods under load", async () => {
    emulator[Symbol.dispose]();
    open({ serviceMs: 30_000 });
    emulator.apply(service({ "autoscaling.knative.dev/target": "1" }));
    await run({ service: "hello", ready: true });
    for (let request = 0; request < 3; request += 1) emulator.request("default/hello-00001");
    expect(await run({ service: "hello", replicas: 5 })).toBeLessThan(20);
  });

  test("`clock run` fails without advancing time if a scale bound forbids the number", async () => {
    emulator.apply(service({ "autoscaling.knative.dev/min-scale": "2", "autoscaling.knative.dev/max-scale": "4" }));
    await run({ service: "hello", ready: true });
    const began = emulator.clock.now();
    expect(await run({ service: "hello", zero: true })).toMatch(/will not be at zero: min-scale is 2; hello-00001 /);
    expect(await run({ service: "hello", replicas: 5 })).toMatch(/will not be at 5 pods: max-scale is 4; /);
    expect(emulator.clock.now()).toBe(began);
  });

  test("`clock run` fails with the sentence of `explain` if nothing changes for longer than any rule takes", async () => {
    emulator[Symbol.dispose]();
    open({ serviceMs: 1e9 });
    emulator.apply(service());
    await run({ service: "hello", ready: true });
    emulator.request("default/hello-00001");
    const began = emulator.clock.now();
    expect(await run({ service: "hello", zero: true })).toMatch(/^hello will not be at zero: hello-00001 stays at 1: /);
    expect(emulator.clock.now() - began).toBeLessThan(5 * 60_000);
  });

  test("`clock run` fails with the Ready condition of a Service that does not become ready", async () => {
    emulator[Symbol.dispose]();
    open({ startUpMs: 1e9 });
    emulator.apply(service());
    expect(await run({ service: "hello", ready: true })).toMatch(/^hello does not become ready: /);
    expect(emulator.clock.now()).toBeLessThan(Date.UTC(2000, 0, 1, 0, 30));
    expect(await run({ service: "nobody", ready: true })).toBe('there is no Service "nobody" in namespace default');
  });
});

describe("the condition of clock run", () => {
  test.each([
    [
      { service: "a", ready: true },
      { kind: "Service.serving.knative.dev", namespace: "default", name: "a", until: "ready" },
    ],
    [
      { revision: "a-1", namespace: "n", zero: true },
      { kind: "Revision.serving.knative.dev", namespace: "n", name: "a-1", until: 0 },
    ],
    [
      { service: "a", replicas: 3 },
      { kind: "Service.serving.knative.dev", namespace: "default", name: "a", until: 3 },
    ],
  ])("the request body %j is a valid condition", (body, condition) => {
    expect(readWaitCondition(body)).toEqual(ok(condition));
  });

  test.each([
    { zero: true },
    { service: "a", revision: "b", zero: true },
    { service: 1, zero: true },
    { service: "a" },
    { service: "a", zero: true, ready: true },
    { service: "a", replicas: 1.5 },
    { service: "a", replicas: -1 },
    { service: "a", zero: "yes" },
  ])("the request body %j is refused", (body) => {
    expect(readWaitCondition(body).ok).toBe(false);
  });
});
