import { afterEach, describe, expect, test, vi } from "vitest";
import type { AnyObject } from "../../src/apis/meta/object.ts";
import { parseLoadTrace } from "../../src/load/load-trace.ts";
import { renderSimulation } from "../../src/simulator/render-simulation.ts";
import type { SimulateOptions } from "../../src/simulator/simulation.ts";
import { simulate } from "../../src/simulator/simulation.ts";
import type { SimulationResult } from "../../src/simulator/simulation-result.ts";

function service(annotations: Record<string, string> = {}, containerConcurrency = 0): AnyObject {
  const prefixed = Object.entries(annotations).map(([name, value]) => [`autoscaling.knative.dev/${name}`, value]);
  return {
    apiVersion: "serving.knative.dev/v1",
    kind: "Service",
    metadata: { name: "hello", namespace: "default" },
    spec: {
      template: {
        metadata: { annotations: Object.fromEntries(prefixed) },
        spec: { containerConcurrency, containers: [{ image: "example.com/hello:v1" }] },
      },
    },
  } as AnyObject;
}

function simulateLoad(load: string, options: Partial<SimulateOptions> = {}): SimulationResult {
  const trace = parseLoadTrace(load);
  if ("problems" in trace) throw new Error(JSON.stringify(trace.problems));
  const result = simulate({ objects: [service()], load: trace, ...options });
  if ("refused" in result) throw new Error(result.refused.join("\n"));
  return result;
}
const readyAt = (result: SimulationResult, second: number): number | undefined =>
  result.samples.find(({ atMs }) => atMs >= second * 1000)?.ready;

afterEach(() => vi.restoreAllMocks());

describe("a simulated Service", () => {
  test("a simulated Service scales to zero 60 to 66 s after its last request without a real timer", () => {
    const timers = [
      vi.spyOn(globalThis, "setTimeout"),
      vi.spyOn(globalThis, "setInterval"),
      vi.spyOn(globalThis, "setImmediate"),
    ];
    const result = simulateLoad("0,5,0.1\n90,0,0.1");
    expect(readyAt(result, 148)).toBe(1);
    expect(result.samples.at(-1)?.ready).toBe(0);
    expect(result.durationMs).toBeGreaterThan(148_000);
    expect(result.durationMs).toBeLessThan(158_000);
    expect(result.instanceSeconds).toBeGreaterThan(145);
    expect(result.instanceSeconds).toBeLessThan(158);
    expect(result.coldStarts).toBe(0);
    for (const timer of timers) expect(timer).not.toHaveBeenCalled();
  });

  test("a request at zero gets its response after the pod's start-up", () => {
    const result = simulateLoad("time,duration\n0,0.1\n200,0.1\n", { startUpMs: 1500 });
    expect(result).toMatchObject({ requests: 2, coldStarts: 1, coldStarted: 1, timedOut: 0, rejected: 0 });
    expect(result.latencyMs.max).toBeGreaterThanOrEqual(1600);
    expect(result.latencyMs.max).toBeLessThanOrEqual(1700);
  });

  test("three open requests with containerConcurrency 1 give five pods", () => {
    const load = "time,duration\n0,30\n0,30\n0,30\n";
    const result = simulateLoad(load, { objects: [service({}, 1)] });
    expect(result.mostReady).toBe(5);
    expect(result.latencyMs.max).toBeLessThan(35_000);
  });

  test("a simulated Service stays within min-scale and max-scale at any load", () => {
    const bounded = [service({ "min-scale": "2", "max-scale": "3" }, 1)];
    const result = simulateLoad("0,40,0.5\n60,0,0.1\n200,0,0.1", { objects: bounded });
    expect(result.mostReady).toBe(3);
    expect(Math.min(...result.samples.slice(5).map(({ ready }) => ready))).toBe(2);
    expect(result.queued).toBeGreaterThan(0);
  });

  test("pods beyond the node's capacity stay pending, and their requests wait", () => {
    const result = simulateLoad("0,20,0.5\n8,0,0.1", { objects: [service({}, 1)], maxPods: 4 });
    expect(result.mostReady).toBe(4);
    expect(Math.max(...result.samples.map(({ wanted }) => wanted))).toBeGreaterThan(10);
    expect(result.requests).toBeGreaterThan(120);
    expect(result.timedOut + result.rejected).toBe(0);
  });

  test("the simulation gives the same result for the same seed, and another one for another seed", () => {
    const load = "0,20,0.3\n60,0,0.1";
    const spread = { startUpSpreadMs: 2000, objects: [service({}, 2)] };
    const once = simulateLoad(load, { ...spread, seed: 5 });
    expect(simulateLoad(load, { ...spread, seed: 5 })).toEqual(once);
    expect(simulateLoad(load, { ...spread, seed: 6 }).requests).not.toBe(once.requests);
  });

  test.each([
    ["constant load", "0,45,0.2\n300,0,0.2"],
    ["a step up", "0,5,0.2\n90,100,0.2\n150,0,0.2"],
    ["from zero", "0,0,0.2\n120,60,0.4\n240,0,0.4"],
  ])("a simulation of flows agrees with one of single requests: %s", (_, load) => {
    const objects = [service({}, 10)];
    const single = simulateLoad(load, { objects, startUpMs: 2000 });
    const flows = simulateLoad(load, { objects, startUpMs: 2000, mostRequests: 0 });
    expect(flows.load).toBe("flows");
    expect(flows.notes.join()).toMatch(/flows/);
    expect(flows.requests / single.requests).toBeCloseTo(1, 1);
    expect(flows.coldStarts).toBe(single.coldStarts);
    expect(Math.abs(flows.mostReady - single.mostReady)).toBeLessThanOrEqual(4);
    expect(flows.instanceSeconds / single.instanceSeconds).toBeGreaterThan(0.8);
    expect(flows.instanceSeconds / single.instanceSeconds).toBeLessThan(1.2);
    expect(flows.latencyMs.p50 / single.latencyMs.p50).toBeCloseTo(1, 1);
  });

  test("the simulation notes that CPU usage is not simulated", () => {
    const result = simulateLoad("time,duration\n0,0.1", {
      objects: [service({ class: "hpa.autoscaling.knative.dev", "min-scale": "2" })],
    });
    expect(result.mostReady).toBe(2);
    expect(result.notes.join()).toMatch(/HPA class/);
  });

  test("the simulation reports why it cannot start", () => {
    const load = { kind: "arrivals", arrivals: [] } as const;
    expect(simulate({ objects: [], load })).toEqual({ refused: ["no Service among the files"] });
    expect(simulate({ objects: [service()], service: "other", load })).toEqual({
      refused: ['no Service "other" among the files'],
    });
    const bad = simulate({ objects: [service({ "min-scale": "x" })], load });
    expect("refused" in bad && bad.refused[0]).toMatch(/invalid value: x/);
  });

  test("a simulation can be rendered as plot and as CSV", () => {
    const result = simulateLoad("0,5,0.1\n90,0,0.1");
    expect(
      renderSimulation(result, "plot", 60)
        .split("\n")
        .every((line) => line.length <= 140),
    ).toBe(true);
    expect(renderSimulation(result, "plot")).toMatch(/requests +\d+, played as single requests/);
    expect(renderSimulation(result, "csv").split("\n")[0]).toBe("time,ready,wanted,concurrency,rps");
    expect(renderSimulation(result, "csv").trim().split("\n")).toHaveLength(result.samples.length + 1);
  });
});
