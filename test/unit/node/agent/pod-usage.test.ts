import { beforeEach, describe, expect, test } from "vitest";
import type { Pod } from "../../../../src/apis/core/types.ts";
import type { AnyObject } from "../../../../src/apis/meta/object.ts";
import { silentLogger } from "../../../../src/base/logger.ts";
import type { ObjectStore } from "../../../../src/control-plane/store/object-store.ts";
import { PodUsageSampler } from "../../../../src/node/agent/pod-usage.ts";
import { type ContainerStats, RuntimeError } from "../../../../src/node/runtime/runtime.ts";
import { autoscalerConfig, podAutoscaler, readyPod, revision, START } from "../../../support/scaling.ts";
import { type ManualClock, makeManualClock, makeStore, written } from "../../../support/store.ts";

const MIB = 2 ** 20;
const HPA = { class: "hpa.autoscaling.knative.dev" };
const requests = (cpu: string, memory: string) => ({ resources: { requests: { cpu, memory } } });

let store: ObjectStore;
let clock: ManualClock;
let sampledIds: string[];
let stats: Map<string, ContainerStats>;
beforeEach(() => {
  store = makeStore();
  clock = makeManualClock(START);
  sampledIds = [];
  stats = new Map();
});

const put = (object: AnyObject): void => {
  const { kind, metadata } = written(store.create(object));
  if (object.status)
    store.writeStatus({ kind, namespace: metadata.namespace, name: metadata.name } as never, object.status);
};
/** Returns a ready pod whose containers run with the ids `<pod>-<container>`. */
const pod = (name: string, containers: Pod["spec"]["containers"], ready = true): Pod => {
  const { status, ...made } = readyPod(name, START);
  return {
    ...made,
    spec: { containers },
    status: {
      ...status,
      conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
      containerStatuses: containers.map((one) => ({
        name: one.name ?? "",
        ready,
        restartCount: 0,
        image: "",
        imageID: "",
        containerID: `process://${name}-${one.name}`,
      })),
    },
  };
};
const used = (id: string, cpuMillis: number, memoryBytes = 0): void => {
  stats.set(id, { cpuNanos: cpuMillis * 1e6, memoryBytes, memoryLimitBytes: 0 });
};
const sampler = (): PodUsageSampler =>
  new PodUsageSampler({
    clock,
    store,
    config: () => autoscalerConfig(),
    log: silentLogger,
    runtime: {
      stats: async (id) => {
        sampledIds.push(id);
        const found = stats.get(id);
        if (!found) throw new RuntimeError("unreachable", "away");
        return found;
      },
    },
  });
const round = async (): Promise<void> => {
  clock.advance(15_000);
  await new Promise((resolve) => setImmediate(resolve));
};

describe("the usage of pods of the HPA class", () => {
  test("the usage of a pod is the average of cores between two samples and the last memory value, without queue-proxy", async () => {
    put(podAutoscaler(HPA));
    put(
      pod("a", [
        { name: "user", ...requests("500m", "64Mi") },
        { name: "queue-proxy", ...requests("25m", "50Mi") },
      ]),
    );
    using usage = sampler();
    used("a-user", 1_000, 10 * MIB);
    await round();
    expect(usage.pods(revision, "cpu")).toEqual([{ ready: true, usage: undefined, request: 0.5 }]);
    expect(usage.pods(revision, "memory")).toEqual([{ ready: true, usage: 10 * MIB, request: 64 * MIB }]);
    used("a-user", 13_000, 20 * MIB);
    await round();
    expect(usage.pods(revision, "cpu")).toEqual([{ ready: true, usage: 0.8, request: 0.5 }]);
    expect(usage.pods(revision, "memory")[0]?.usage).toBe(20 * MIB);
    expect(new Set(sampledIds)).toEqual(new Set(["a-user"]));
  });

  test("the usage of a pod is the sum of its containers, and unknown if that of one container is", async () => {
    put(podAutoscaler(HPA));
    put(
      pod("a", [
        { name: "one", ...requests("1", "1Gi") },
        { name: "two", ...requests("250m", "1Gi") },
      ]),
    );
    put(pod("b", [{ name: "one", resources: { limits: { cpu: "2" } } }, { name: "two" }], false));
    using usage = sampler();
    for (const [at, id] of [
      [0, "a-one"],
      [0, "a-two"],
      [0, "b-one"],
    ] as const)
      used(id, at);
    await round();
    for (const id of ["a-one", "a-two", "b-one"]) used(id, 1_500);
    await round();
    expect(usage.pods(revision, "cpu")).toEqual([
      { ready: true, usage: 0.2, request: 1.25 },
      { ready: false, usage: undefined, request: undefined },
    ]);
  });

  test("the usage is not sampled for revisions of other classes, nor kept for removed containers", async () => {
    put(podAutoscaler());
    put(pod("a", [{ name: "user" }]));
    using usage = sampler();
    await round();
    expect(sampledIds).toEqual([]);
    store.delete({ kind: "PodAutoscaler.autoscaling.internal.knative.dev", namespace: "default", name: "hello-00001" });
    put(podAutoscaler(HPA));
    used("a-user", 100);
    await round();
    stats.clear();
    await round();
    used("a-user", 200);
    await round();
    expect(usage.pods(revision, "cpu")[0]?.usage).toBeUndefined();
  });

  test("the usage of a container without an id is unknown and not sampled (11 A1)", async () => {
    put(podAutoscaler(HPA));
    const { status, ...unscheduled } = pod("a", [{ name: "user", ...requests("5", "1Gi") }]);
    put({ ...unscheduled, status: { ...status, containerStatuses: [] } } as AnyObject);
    const empty = status?.containerStatuses?.map((one) => ({ ...one, containerID: "" })) ?? [];
    put({ ...pod("b", [{ name: "user" }]), status: { ...status, containerStatuses: empty } } as AnyObject);
    using usage = sampler();
    await round();
    await round();
    expect(sampledIds).toEqual([]);
    expect(usage.pods(revision, "cpu").map((one) => one.usage)).toEqual([undefined, undefined]);
  });

  test("the usage report has the Deployment's replicas, and nothing is sampled after dispose", async () => {
    const usage = sampler();
    expect(usage.replicas(revision)).toBeUndefined();
    put(podAutoscaler(HPA));
    put({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "hello-00001-deployment", namespace: "default" },
      spec: { replicas: 3 },
    } as AnyObject);
    put(pod("a", [{ name: "user" }]));
    expect(usage.replicas(revision)).toBe(3);
    usage[Symbol.dispose]();
    await round();
    expect(sampledIds).toEqual([]);
    expect(clock.next()).toBeUndefined();
  });
});
