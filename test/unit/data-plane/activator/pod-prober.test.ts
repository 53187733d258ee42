import { beforeEach, describe, expect, it } from "vitest";
import type { Backend } from "../../../../src/data-plane/activator/backend.ts";
import { PodProber } from "../../../../src/data-plane/activator/pod-prober.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

const pod = (name: string, ready = false): Backend => ({
  pod: name,
  address: `${name}:8012`,
  handle: () => Promise.resolve(),
  ready,
});

describe("PodProber (P20 to P23)", () => {
  let clock: ManualClock;
  let probes: { readonly pod: string; readonly at: number; readonly answer: (ok: boolean) => void }[];
  let healthy: string[][];
  const make = (probesUnready = true): PodProber => {
    const prober: PodProber = new PodProber({
      clock,
      probesUnready,
      probe: ({ pod: name }) => new Promise((answer) => probes.push({ pod: name, at: clock.now(), answer })),
      onHealthy: () => healthy.push(prober.usable.map((backend) => backend.pod)),
    });
    return prober;
  };
  beforeEach(() => {
    clock = new ManualClock();
    probes = [];
    healthy = [];
  });

  it("trusts a Ready pod without a probe", () => {
    const prober = make();
    prober.setBackends([pod("a", true)]);
    expect(prober.usable.map((backend) => backend.pod)).toEqual(["a"]);
    expect(probes).toEqual([]);
  });

  it("probes all unready pods at once and uses each as soon as it answers (P21, T17)", async () => {
    const prober = make();
    prober.setBackends([pod("a"), pod("b")]);
    expect(probes.map((probe) => probe.pod)).toEqual(["a", "b"]);
    probes[1]?.answer(true);
    await clock.advance(0);
    expect(healthy).toEqual([["b"]]);
    await clock.advance(1000);
    expect(probes.filter((probe) => probe.pod === "b")).toHaveLength(1);
  });

  it("starts a probe every 200 ms while answers are no", async () => {
    make().setBackends([pod("a")]);
    for (let i = 0; i < 3; i += 1) {
      probes[i]?.answer(false);
      await clock.advance(200);
    }
    expect(probes.map((probe) => probe.at)).toEqual([0, 200, 400, 600]);
  });

  it("gives up a silent probe after 300 ms, starts the next at once, and does not believe the late answer", async () => {
    make().setBackends([pod("a")]);
    await clock.advance(300);
    expect(probes.map((probe) => probe.at)).toEqual([0, 300]);
    probes[0]?.answer(true);
    await clock.advance(1);
    expect(healthy).toEqual([]);
    probes[1]?.answer(true);
    await clock.advance(1);
    expect(healthy).toEqual([["a"]]);
    expect(clock.pending).toBe(0);
  });

  it("probes an unproven pod again on a change of the pods, without waiting for the tick", async () => {
    const prober = make();
    prober.setBackends([pod("a")]);
    probes[0]?.answer(false);
    await clock.advance(50);
    prober.setBackends([pod("a"), pod("b")]);
    expect(probes.map((probe) => [probe.pod, probe.at])).toEqual([
      ["a", 0],
      ["a", 50],
      ["b", 50],
    ]);
  });

  it("never uses an unready pod when its probe says too little (exec readiness, startup probe)", async () => {
    const prober = make(false);
    prober.setBackends([pod("a"), pod("b", true)]);
    await clock.advance(1000);
    expect(probes).toEqual([]);
    expect(prober.usable.map((backend) => backend.pod)).toEqual(["b"]);
    prober.setBackends([pod("a"), pod("b")]);
    expect(prober.usable).toEqual([]);
  });

  it("probes anew when a pod goes from Ready to not Ready, not when it stays as it is (P22)", async () => {
    const prober = make();
    prober.setBackends([pod("a")]);
    probes[0]?.answer(true);
    await clock.advance(0);
    prober.setBackends([pod("a")]);
    prober.setBackends([pod("a", true)]);
    prober.setBackends([pod("a", true)]);
    expect(probes).toHaveLength(1);
    prober.setBackends([pod("a")]);
    expect(prober.usable).toEqual([]);
    expect(probes).toHaveLength(2);
  });

  it("drops a pod that is gone, and stops asking it", async () => {
    const prober = make();
    prober.setBackends([pod("a")]);
    prober.setBackends([]);
    probes[0]?.answer(true);
    await clock.advance(1000);
    expect(healthy).toEqual([]);
    expect(prober.usable).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
