// Tests which frozen pods are kept, and for how long.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { StoredPod } from "../../../../../src/apis/core/pod.ts";
import { silentLogger } from "../../../../../src/base/logger.ts";
import { type FrozenPod, FrozenPods, frozenPodKey, idsOf } from "../../../../../src/node/kubelet/pod/frozen-pods.ts";
import { openProcessRuntime } from "../../../../../src/node/runtime/process/process-runtime.ts";
import type { ContainerRuntime } from "../../../../../src/node/runtime/runtime.ts";
import { ManualClock } from "../../../../support/manual-clock.ts";

describe("frozen pods", () => {
  let folder: string;
  let runtime: ContainerRuntime;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "knap-frozen-pods-"));
    runtime = openProcessRuntime({ session: "test", folder });
  });
  afterEach(async () => {
    await runtime.close();
    rmSync(folder, { recursive: true });
  });
  /** Tests use a container that never started in place of a frozen one. */
  const frozenPod = async (key: string): Promise<FrozenPod> => ({
    key,
    containers: new Map([["app", { containerId: await container(key), image }]]),
    sandbox: {
      address: { network: "n", address: key },
      pause: { id: await container(`${key}-pause`), state: undefined },
    },
    pod: { metadata: { name: "p" }, spec: {} } as StoredPod,
  });
  const image = { reference: "i", imageId: "", user: "", stopSignal: "SIGTERM" };
  const container = (name: string): Promise<string> =>
    runtime.create({ name, image: "", command: ["true"], env: [], labels: {}, ports: [] });
  const countLeft = async (one: FrozenPod) =>
    (await Promise.all(idsOf(one).map((id) => runtime.inspect(id)))).filter((state) => state !== undefined).length;
  const open = (freeMemory = () => 0.5) => {
    const clock = new ManualClock();
    const given: string[] = [];
    const onDropped = ({ sandbox }: FrozenPod): void => void given.push(sandbox.address?.address ?? "");
    return { clock, given, frozenPods: new FrozenPods({ runtime, clock, log: silentLogger, onDropped, freeMemory }) };
  };

  const keep = async (frozenPods: FrozenPods, frozen: FrozenPod): Promise<void> => {
    expect(frozenPods.reserve(frozen.key, frozen.pod)).toBe(true);
    await frozenPods.put(frozen);
  };

  test("one frozen pod is kept per key, used once, and removed with its address after ten minutes", async () => {
    const { clock, given, frozenPods } = open();
    const [a, b] = [await frozenPod("a"), await frozenPod("b")];
    await keep(frozenPods, a);
    await keep(frozenPods, b);
    expect([frozenPods.reserve("a", a.pod), frozenPods.reserve("c", a.pod)]).toEqual([false, true]);
    expect(frozenPods.take("a")).toBe(a);
    expect(frozenPods.take("a")).toBeUndefined();
    expect(frozenPods.take(undefined)).toBeUndefined();
    await clock.advance(600_000);
    expect(frozenPods.all).toEqual([]);
    expect(given).toEqual(["b"]);
    expect([await countLeft(a), await countLeft(b)]).toEqual([2, 0]);
  });

  test("all frozen pods are removed when little memory is free", async () => {
    const memory = { free: 0.5 };
    const { frozenPods } = open(() => memory.free);
    const a = await frozenPod("a");
    await keep(frozenPods, a);
    memory.free = 0.05;
    expect(frozenPods.reserve("b", a.pod)).toBe(false);
    await frozenPods.dropAll();
    expect(await countLeft(a)).toBe(0);
  });

  test("if two pods of one revision freeze at once, one is kept and the other is refused (11 A1)", async () => {
    const { frozenPods } = open();
    const [a, b] = [await frozenPod("a"), await frozenPod("a")];
    expect([frozenPods.reserve("a", a.pod), frozenPods.reserve("a", b.pod)]).toEqual([true, false]);
    await frozenPods.put(a);
    expect(frozenPods.all).toEqual([a]);
  });

  test("a pod that becomes obsolete while it is frozen is removed with its address (11 A1)", async () => {
    const { given, frozenPods } = open();
    const a = await frozenPod("a");
    frozenPods.reserve("a", a.pod);
    await frozenPods.dropWhere(({ key }) => key === "a");
    await frozenPods.put(a);
    expect([frozenPods.all, given, await countLeft(a)]).toEqual([[], ["a"], 0]);
  });

  test("a cancelled reservation leaves the place to the next pod (11 A1)", async () => {
    const { frozenPods } = open();
    const [a, b] = [await frozenPod("a"), await frozenPod("a")];
    frozenPods.reserve("a", a.pod);
    frozenPods.cancel("a", b.pod);
    expect(frozenPods.reserve("a", b.pod)).toBe(false);
    frozenPods.cancel("a", a.pod);
    expect(frozenPods.reserve("a", b.pod)).toBe(true);
  });

  test("the key of a frozen pod needs a Deployment and a template hash", () => {
    const pod = (metadata: object) => ({ metadata: { name: "p", ...metadata } }) as StoredPod;
    const ownerReferences = [{ apiVersion: "apps/v1", kind: "Deployment", name: "d", uid: "u" }];
    expect(frozenPodKey(pod({ ownerReferences, labels: { "pod-template-hash": "h" } }))).toBe("u/h");
    expect(frozenPodKey(pod({ ownerReferences }))).toBeUndefined();
    expect(frozenPodKey(pod({ labels: { "pod-template-hash": "h" } }))).toBeUndefined();
  });
});
