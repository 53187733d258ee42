// Tests the node when the engine stops or is killed, or loses containers and networks: it recovers and leaves nothing
// behind.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { type NodeBench, openNodeBench, statusOf } from "../support/node-bench.ts";
import { openPrivateEngine, type PrivateEngine, privateEngineLack } from "../support/private-engine.ts";

if (privateEngineLack) console.info(`a failing engine: skipped, ${privateEngineLack}`);

describe.skipIf(privateEngineLack !== undefined)("a failing engine", () => {
  const engineStates: string[] = [];
  let engine: PrivateEngine;
  let bench: NodeBench;
  beforeAll(async () => {
    engine = await openPrivateEngine();
    bench = await openNodeBench("docker", {
      onEngine: (state) => engineStates.push(state),
      engine: { env: { DOCKER_HOST: engine.host } },
    });
  }, 60_000);
  afterAll(() => engine.close(), 60_000);
  afterAll(() => bench.close(), 60_000);

  test.each(["SIGTERM", "SIGKILL"] as const)(
    "the same pods serve again after %s and a new start of the engine",
    async (signal) => {
      engineStates.length = 0;
      const { metadata } = bench.pod();
      await bench.ready(metadata.name);
      await engine.stop(signal);
      await eventually(() => expect(engineStates).toEqual(["unreachable"]));
      const late = bench.pod().metadata.name;
      await eventually(() => expect(statusOf(bench.now(late)).state?.waiting?.reason).toBe("ContainerRuntimeNotReady"));
      await engine.start();
      await eventually(() => expect(engineStates).toEqual(["unreachable", "reachable"]), 20_000);
      await eventually(async () => expect((await bench.get(metadata.name, "/")).status).toBe(200), 20_000);
      expect(statusOf(bench.now(metadata.name)).restartCount).toBe(1);
      await bench.ready(late);
      for (const name of [metadata.name, late]) bench.remove(name);
      for (const name of [metadata.name, late]) await bench.gone(name);
    },
  );

  test("a pod deleted while the engine is unreachable leaves the store at once; its container is removed when the engine is back", async () => {
    const { metadata } = bench.pod();
    await bench.ready(metadata.name);
    await engine.stop("SIGKILL");
    bench.remove(metadata.name, 1);
    await bench.gone(metadata.name);
    await engine.start();
    await eventually(async () => expect(await bench.runtime.list(bench.filter)).toEqual([]), 20_000);
  });

  test("the next pod creates a network again that was pruned while no pod ran", async () => {
    await bench.kubelet.idle();
    for (const { id } of await bench.runtime.networks.list(bench.filter)) await bench.runtime.networks.close(id);
    const { metadata } = bench.pod();
    await bench.ready(metadata.name);
    bench.remove(metadata.name);
    await bench.gone(metadata.name);
  });

  test("a pod whose pause container was removed restarts all its containers", async () => {
    const { metadata } = bench.pod(
      {},
      { containers: [{ name: "side", image: bench.image, command: ["sleep", "1000"] }] },
    );
    await bench.ready(metadata.name);
    const pause = (await bench.runtime.list(bench.filter)).find(({ name }) => name.includes("pause"));
    await bench.runtime.remove(pause?.id as string);
    await eventually(() => expect(statusOf(bench.now(metadata.name)).restartCount).toBe(1), 20_000);
    await bench.ready(metadata.name);
    expect((await bench.get(metadata.name, "/")).status).toBe(200);
    bench.remove(metadata.name);
    await bench.gone(metadata.name);
  });
});
