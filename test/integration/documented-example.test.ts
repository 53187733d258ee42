// The Service of Knative's documentation on port probing: two containers, each with its own readiness and liveness, the
// gate multi-container-probing on.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Pod } from "../../src/apis/core/types.ts";
import { eventually } from "../support/eventually.ts";
import { openSession, SHORT_WINDOWS, type TestSession } from "../support/session.ts";

const http = (port: number) => ({ httpGet: { path: "/health", port } });

describe("a Service with two probed containers", () => {
  let session: TestSession;
  beforeAll(async () => {
    const configMaps = new Map([
      ...SHORT_WINDOWS,
      ["config-features", { "multi-container-probing": "Enabled" }] as const,
      ["config-autoscaler", {}] as const,
    ]);
    session = await openSession("docker", { configMaps });
    const containers = [
      {
        name: "first-container",
        image: session.image,
        ports: [{ containerPort: 8080 }],
        readinessProbe: { ...http(8080), periodSeconds: 1 },
        livenessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
      },
      {
        name: "second-container",
        image: session.image,
        env: [
          { name: "LISTEN_PORT", value: "8089" },
          { name: "START_DELAY_MS", value: "1500" },
        ],
        readinessProbe: { ...http(8089), periodSeconds: 1, failureThreshold: 1 },
        livenessProbe: { tcpSocket: { port: 8089 }, periodSeconds: 1, failureThreshold: 2 },
      },
    ];
    await session.apply({
      apiVersion: "serving.knative.dev/v1",
      kind: "Service",
      metadata: { name: "pair", namespace: "default" },
      spec: { template: { spec: { containers } } },
    } as never);
  });
  afterAll(async () => {
    await session[Symbol.asyncDispose]();
  });

  const pod = async () => (await session.pods("pair"))[0] as Pod;
  const ready = async () => (await pod()).status?.conditions?.find(({ type }) => type === "Ready")?.status;
  const restarts = async () =>
    Object.fromEntries(
      (await pod()).status?.containerStatuses?.map(({ name, restartCount }) => [name, restartCount]) ?? [],
    );
  /** The second container as the first one sees it: they share their network. */
  const second = (path: string) =>
    session.fetch("pair", `/fetch?url=${encodeURIComponent(`http://127.0.0.1:8089${path}`)}`);

  test("gets traffic only when both are ready", async () => {
    const readyContainers = async () =>
      ((await pod())?.status?.containerStatuses ?? []).flatMap(({ name, ready: is }) => (is ? [name] : []));
    await eventually(async () => expect(await readyContainers()).toContain("first-container"));
    expect(await ready()).toBe("False");
    await session.ready("pair");
    expect((await session.fetch("pair")).status).toBe(200);
    const containers = (await pod()).status?.containerStatuses?.filter(({ name }) => name !== "queue-proxy");
    expect(containers?.map(({ name, ready }) => `${name} ${ready}`)).toEqual([
      "first-container true",
      "second-container true",
    ]);
    expect(JSON.parse((await second("/health")).text)).toMatchObject({ status: 200 });
  });

  test("the second one failing its readiness takes the pod out, and back when it recovers", async () => {
    // Heals itself: nothing reaches it through a pod that is out.
    await second("/set?healthy=false&for=3000");
    await eventually(async () => expect(await ready()).toBe("False"));
    await eventually(async () => expect(await ready()).toBe("True"));
    expect((await session.fetch("pair")).status).toBe(200);
    expect(await restarts()).toEqual({ "first-container": 0, "queue-proxy": 0, "second-container": 0 });
  });

  test("a failing liveness restarts only its own container", async () => {
    await second("/deafen");
    await eventually(
      async () => expect(await restarts()).toMatchObject({ "first-container": 0, "second-container": 1 }),
      30_000,
    );
    await eventually(async () => {
      expect(JSON.parse((await second("/health")).text)).toMatchObject({ status: 200 });
      expect(await ready()).toBe("True");
    }, 30_000);
    const events = await session.emulator.client.list("Event", { namespace: "default" });
    expect(events.items.some(({ message }) => /second-container failed liveness probe/.test(message ?? ""))).toBe(true);
  });
});
