// Faults of the kubelet's surroundings become conditions of one pod; the kubelet and its other pods go on.
import { execFileSync } from "node:child_process";
import { afterEach, expect, test } from "vitest";
import type { ContainerRuntime } from "../../src/node/runtime/runtime.ts";
import { eventually } from "../support/eventually.ts";
import { conditionOf, type NodeBench, type NodeBenchOptions, openNodeBench, statusOf } from "../support/node-bench.ts";

let bench: NodeBench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});
const open = async (options: NodeBenchOptions, kind: "docker" | "process" = "process"): Promise<NodeBench> => {
  bench = await openNodeBench(kind, options);
  return bench;
};
const broken = (): never => {
  throw new Error("it is broken");
};

test("pull secrets that cannot be read fail the pull of the image, which is repeated (11 A1)", async () => {
  const withImages = (runtime: ContainerRuntime): ContainerRuntime => ({
    ...runtime,
    capabilities: { ...runtime.capabilities, images: true },
  });
  const { pod, now } = await open({ through: withImages, pullConfigs: broken });
  const { name } = pod().metadata;
  await eventually(() =>
    expect(statusOf(now(name)).state).toMatchObject({
      waiting: { reason: expect.stringMatching(/^(ErrImagePull|ImagePullBackOff)$/), message: /it is broken/ },
    }),
  );
});

test("a queue-proxy that cannot start is the reason why the pod is not ready (11 A1)", async () => {
  const { pod, now } = await open({ openQueueProxy: broken });
  const { name } = pod().metadata;
  await eventually(() => expect(conditionOf(now(name), "Ready")?.message).toMatch(/cannot start: it is broken/));
});

test("a pod with a malformed readiness probe of its queue-proxy starts (11 A1)", async () => {
  const port = {
    check: async () => ({ ok: true }) as const,
    inFlight: () => 0,
    drain: async () => {},
    close: async () => {},
  };
  const { pod, ready } = await open({ openQueueProxy: () => port });
  const env = [{ name: "SERVING_READINESS_PROBE", value: "{not JSON" }];
  await ready(pod({}, { containers: [{ name: "queue-proxy", env }] }).metadata.name);
});

test("a pod whose queue-proxy cannot drain is removed (11 A1)", async () => {
  const port = { check: async () => ({ ok: true }) as const, inFlight: () => 0, drain: broken, close: broken };
  const { pod, ready, remove, gone, runtime, filter } = await open({ openQueueProxy: () => port });
  const { name } = pod().metadata;
  await ready(name);
  remove(name, 1);
  await gone(name);
  expect(await runtime.list(filter)).toEqual([]);
});

test("an exit while the kubelet reads the state of the new container is seen (11 A1)", async () => {
  let isFirst = true;
  const through = (runtime: ContainerRuntime): ContainerRuntime => ({
    ...runtime,
    inspect: async (id) => {
      const state = await runtime.inspect(id);
      if (!isFirst) return state;
      isFirst = false;
      await runtime.kill(id, "SIGKILL");
      await runtime.wait(id);
      await new Promise((resolve) => setTimeout(resolve, 50));
      return state;
    },
  });
  const { pod, ready } = await open({ through });
  const status = statusOf(await ready(pod().metadata.name));
  expect(status).toMatchObject({ restartCount: 1, lastState: { terminated: { exitCode: 137 } } });
});

test.each([
  ["one container", undefined],
  ["a pause container", [{ name: "helper", image: "", command: ["sleep", "60"] }]],
])("a pod with %s whose network is disconnected starts again and answers (11 A10)", async (_, containers) => {
  const { pod, ready, now, get, events, runtime, filter, image } = await open({}, "docker");
  const helpers = containers?.map((container) => ({ ...container, image }));
  const { name } = pod({}, { containers: helpers ?? [] }).metadata;
  await ready(name);
  const [network] = await runtime.networks.list(filter);
  const states = await runtime.list(filter);
  const holder = states.find(({ ip }) => ip !== undefined)?.id ?? "";
  execFileSync("docker", ["network", "disconnect", "-f", network?.id ?? "", holder], { stdio: "ignore" });
  await eventually(() => expect(statusOf(now(name)).restartCount).toBe(1), 20_000);
  await ready(name);
  expect(await get(name, "/")).toMatchObject({ status: 200 });
  expect(events("SandboxChanged")[0]?.message).toBe("Pod sandbox changed, it will be killed and re-created.");
});
