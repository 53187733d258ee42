// Runs the Service of Knative's documentation on port probing: two containers with their own readiness and liveness
// probes, with the feature gate multi-container-probing.
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
  /** Sends a request to the second container through the first one; both share a network namespace. */
  const fetchSecond = (path: string) =>
    session.fetch("pair", `/fetch?url=${encodeURIComponent(`http://127.0.0.1:8089${path}`)}`);

  test("the Service gets traffic only when both containers are ready", async () => {
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
    expect(JSON.parse((await fetchSecond("/health")).text)).toMatchObject({ status: 200 });
  });

  test("the pod is not ready while the second container fails its readiness probe", async () => {
    // The app becomes healthy again by itself after 3 s, because requests cannot reach a pod that is not ready.
    await fetchSecond("/set?healthy=false&for=3000");
    await eventually(async () => expect(await ready()).toBe("False"));
    await eventually(async () => expect(await ready()).toBe("True"));
    expect((await session.fetch("pair")).status).toBe(200);
    expect(await restarts()).toEqual({ "first-container": 0, "queue-proxy": 0, "second-container": 0 });
  });

  test("a failing liveness probe restarts only its own container", async () => {
    await fetchSecond("/deafen");
    await eventually(
      async () => expect(await restarts()).toMatchObject({ "first-container": 0, "second-container": 1 }),
      30_000,
    );
    await eventually(async () => {
      expect(JSON.parse((await fetchSecond("/health")).text)).toMatchObject({ status: 200 });
      expect(await ready()).toBe("True");
    }, 30_000);
    const events = await session.emulator.client.list("Event", { namespace: "default" });
    expect(events.items.some(({ message }) => /second-container failed liveness probe/.test(message ?? ""))).toBe(true);
  });
});
