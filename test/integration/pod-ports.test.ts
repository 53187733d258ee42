// Tests the ports of real pods behind the API's pod proxy: those of the container and of the queue-proxy.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSession, SHORT_WINDOWS, type TestSession } from "../support/session.ts";

const PROMETHEUS = { "request-metrics-protocol": "prometheus" };

describe.each(["process", "docker"] as const)("the ports of a pod with runtime %s", (kind) => {
  let session: TestSession;
  beforeAll(async () => {
    session = await openSession(kind, {
      apiScheme: "http",
      configMaps: new Map([...SHORT_WINDOWS, ["config-observability", PROMETHEUS]]),
    });
  });
  afterAll(() => session[Symbol.asyncDispose]());

  /** Sends a request to a port of the only pod through the pod proxy, as `kubectl get --raw` does. */
  async function ask(
    name: string,
    port: number,
    path: string,
  ): Promise<{ status: number; text: string; type: string }> {
    const [pod] = await session.pods(name);
    const { address, token } = session.emulator.api;
    const url = `${address}/api/v1/namespaces/default/pods/${pod?.metadata.name}:${port}/proxy${path}`;
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    return {
      status: response.status,
      text: await response.text(),
      type: response.headers.get("content-type") ?? "",
    };
  }

  test("the pod proxy returns the user's metrics, the autoscaler's statistics, and the container's responses", async () => {
    await session.deploy("counted", { annotations: { "autoscaling.knative.dev/min-scale": "1" } });
    await session.ready("counted");
    await session.fetch("counted");
    const metrics = await ask("counted", 9091, "/metrics");
    expect(metrics.type).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(metrics.text).toMatch(/^kn_serving_invocation_duration_seconds_count\{.*\} 1$/m);
    expect(metrics.text).toContain('kn_revision_name="counted-00001"');
    const stats = await ask("counted", 9090, "/metrics");
    expect([stats.status, stats.type]).toEqual([200, "application/protobuf"]);
    expect(stats.text).toContain("counted-00001-deployment-");
    expect((await ask("counted", 9090, "/")).status).toBe(404);
    // Port 8012 goes through the queue-proxy, port 8080 directly to the container.
    expect((await ask("counted", 8012, "/")).text).toBe("hello from counted-00001\n");
    expect((await ask("counted", 8080, "/")).text).toBe("hello from counted-00001\n");
    expect((await ask("counted", 9091, "/metrics")).text).toMatch(
      /^kn_serving_invocation_duration_seconds_count\{.*\} 2$/m,
    );
    expect((await ask("counted", 8008, "/")).status).toBe(503);
  });
});
