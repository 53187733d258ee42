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
      onChange: () => healthy.push(prober.usable.map((backend) => backend.pod)),
    });
    return prober;
  };
  beforeEach(() => {
    clock = new ManualClock();
    probes = [];
    healthy = [];
  });

  it("a Ready pod is used without a probe", () => {
    const prober = make();
    prober.setBackends([pod("a", true)]);
    expect(prober.usable.map((backend) => backend.pod)).toEqual(["a"]);
    expect(probes).toEqual([]);
  });

  it("all unready pods are probed at once, and each is used when its probe succeeds (P21, T17)", async () => {
    const prober = make();
    prober.setBackends([pod("a"), pod("b")]);
    expect(probes.map((probe) => probe.pod)).toEqual(["a", "b"]);
    probes[1]?.answer(true);
    await clock.advance(0);
    expect(healthy).toEqual([["b"]]);
    await clock.advance(1000);
    expect(probes.filter((probe) => probe.pod === "b")).toHaveLength(1);
  });

  it("a probe is sent every 200 ms while probes fail", async () => {
    make().setBackends([pod("a")]);
    for (let i = 0; i < 3; i += 1) {
      probes[i]?.answer(false);
      await clock.advance(200);
    }
    expect(probes.map((probe) => probe.at)).toEqual([0, 200, 400, 600]);
  });

  it("a probe without a response fails after 300 ms, the next one starts at once, and a late response is ignored", async () => {
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

  it("a change of the pods probes unproven pods at once", async () => {
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

  it("an unready pod with an exec readiness or a startup probe is never used", async () => {
    const prober = make(false);
    prober.setBackends([pod("a"), pod("b", true)]);
    await clock.advance(1000);
    expect(probes).toEqual([]);
    expect(prober.usable.map((backend) => backend.pod)).toEqual(["b"]);
    prober.setBackends([pod("a"), pod("b")]);
    expect(prober.usable).toEqual([]);
  });

  it("a pod is probed again when it changes from Ready to not Ready (P22)", async () => {
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

  it("a removed pod is not probed any more", async () => {
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
