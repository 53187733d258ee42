// The small parts of the kubelet: gate, addresses, probe thresholds, frozenPods, the pause program.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Pod } from "../../../../src/apis/core/types.ts";
import { silentLogger } from "../../../../src/base/logger.ts";
import { AddressPool } from "../../../../src/node/kubelet/address-pool.ts";
import { makeConcurrencyLimit } from "../../../../src/node/kubelet/concurrency-limit.ts";
import { type ProbeAnswer, ProbeLoop } from "../../../../src/node/kubelet/container/probe-loop.ts";
import { makePauseProgram } from "../../../../src/node/kubelet/pause-image.ts";
import { type FrozenPod, FrozenPods, frozenPodKey, idsOf } from "../../../../src/node/kubelet/pod/frozen-pods.ts";
import { openProcessRuntime } from "../../../../src/node/runtime/process/process-runtime.ts";
import type { ContainerRuntime } from "../../../../src/node/runtime/runtime.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

describe("the gate", () => {
  test("never lets more than its bound run, and everybody gets through, failures included", async () => {
    const gate = makeConcurrencyLimit(2);
    let running = 0;
    let most = 0;
    const work = async (fails: boolean) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      if (fails) throw new Error("no");
      return "done";
    };
    const results = await Promise.allSettled(Array.from({ length: 9 }, (_, i) => gate(() => work(i % 3 === 0))));
    expect(results.map(({ status }) => status).filter((status) => status === "rejected").length).toBe(3);
    expect(most).toBe(2);
    expect(running).toBe(0);
  });
});

describe("pod addresses", () => {
  test("go round, so that one is not dealt out again at once, and run out", () => {
    const pool = new AddressPool("10.213.4.0/24");
    const first = pool.take() as string;
    expect(first).toBe("10.213.4.10");
    pool.give(first);
    expect(pool.take()).toBe("10.213.4.11");
    const rest = Array.from({ length: 244 }, () => pool.take());
    expect(rest.at(-1)).toBe("10.213.4.10");
    expect(new Set(rest).size).toBe(244);
    expect(pool.take()).toBeUndefined();
  });
});

describe("a probe", () => {
  const run = async (
    answers: readonly boolean[],
    probe: ConstructorParameters<typeof ProbeLoop>[0]["probe"],
    ms: number,
  ) => {
    const clock = new ManualClock();
    const verdicts: string[] = [];
    let asked = 0;
    const loop = new ProbeLoop({
      probe,
      clock,
      attempt: async (): Promise<ProbeAnswer> =>
        answers[Math.min(asked++, answers.length - 1)] ? { ok: true } : { ok: false, message: "no" },
      onVerdict: ({ ok }) => verdicts.push(`${ok}@${clock.now()}`),
    });
    await clock.advance(ms);
    loop[Symbol.dispose]();
    return { verdicts, asked };
  };

  test("waits for its delay, then asks once a period; thresholds decide", async () => {
    const probe = { initialDelaySeconds: 5, periodSeconds: 2, failureThreshold: 2, successThreshold: 1 };
    expect(await run([false, true, false, false, true], probe, 14_000)).toEqual({
      verdicts: ["true@7000", "false@11000", "true@13000"],
      asked: 5,
    });
  });

  test("with period 0 is asked again and again until it first succeeds, then every 10 s", async () => {
    const { verdicts, asked } = await run([false, false, false, true], { periodSeconds: 0 }, 20_100);
    expect(verdicts).toEqual(["false@100", "true@150"]);
    expect(asked).toBe(5);
  });
});

describe("frozenPods", () => {
  let folder: string;
  let runtime: ContainerRuntime;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "knap-frozenPods-"));
    runtime = openProcessRuntime({ session: "test", folder });
  });
  afterEach(async () => {
    await runtime.close();
    rmSync(folder, { recursive: true });
  });
  /** A container that was created and never started is as good as a frozen one here. */
  const standby = async (key: string): Promise<FrozenPod> => ({
    key,
    containers: new Map([["app", { containerId: await container(key), image }]]),
    sandbox: {
      place: { network: "n", address: key },
      pause: { id: await container(`${key}-pause`), state: undefined },
    },
    pod: { apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec: { containers: [] } },
  });
  const image = { reference: "i", imageId: "", user: "", stopSignal: "SIGTERM" };
  const container = (name: string): Promise<string> =>
    runtime.create({ name, image: "", command: ["true"], env: [], labels: {}, ports: [] });
  const left = async (one: FrozenPod) =>
    (await Promise.all(idsOf(one).map((id) => runtime.inspect(id)))).filter((state) => state !== undefined).length;
  const open = (freeMemory = () => 0.5) => {
    const clock = new ManualClock();
    const given: string[] = [];
    const onDropped = ({ sandbox }: FrozenPod): void => void given.push(sandbox.place?.address ?? "");
    return { clock, given, frozenPods: new FrozenPods({ runtime, clock, log: silentLogger, onDropped, freeMemory }) };
  };

  test("one per key, handed out once, dropped after ten minutes with its address", async () => {
    const { clock, given, frozenPods } = open();
    const [a, b] = [await standby("a"), await standby("b")];
    frozenPods.put(a);
    frozenPods.put(b);
    expect([frozenPods.hasRoom("a"), frozenPods.hasRoom("c")]).toEqual([false, true]);
    expect(frozenPods.take("a")).toBe(a);
    expect(frozenPods.take("a")).toBeUndefined();
    expect(frozenPods.take(undefined)).toBeUndefined();
    await clock.advance(600_000);
    expect(frozenPods.all).toEqual([]);
    expect(given).toEqual(["b"]);
    expect([await left(a), await left(b)]).toEqual([2, 0]);
  });

  test("little memory drops them all", async () => {
    const { frozenPods } = open(() => 0.05);
    const a = await standby("a");
    frozenPods.put(a);
    expect(frozenPods.hasRoom("b")).toBe(false);
    await frozenPods.dropAll();
    expect(await left(a)).toBe(0);
  });

  test("a key needs a Deployment and a template hash", () => {
    const pod = (metadata: object) => ({ metadata: { name: "p", ...metadata } }) as Pod;
    const ownerReferences = [{ apiVersion: "apps/v1", kind: "Deployment", name: "d", uid: "u" }];
    expect(frozenPodKey(pod({ ownerReferences, labels: { "pod-template-hash": "h" } }))).toBe("u/h");
    expect(frozenPodKey(pod({ ownerReferences }))).toBeUndefined();
    expect(frozenPodKey(pod({ labels: { "pod-template-hash": "h" } }))).toBeUndefined();
  });
});

describe("the pause program", () => {
  test("is a whole ELF file of 129 bytes on x86-64, and there is one for arm64", () => {
    const program = makePauseProgram("amd64");
    expect(program?.length).toBe(129);
    expect(program?.subarray(0, 4).toString("latin1")).toBe("\x7fELF");
    expect(program?.readUInt16LE(18)).toBe(62);
    expect(makePauseProgram("arm64")?.readUInt16LE(18)).toBe(183);
    expect(makePauseProgram("s390x")).toBeUndefined();
  });
});
