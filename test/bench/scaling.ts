// What planning and deciding cost: settling and ticking with 100 and 1,000 revisions (growth should be linear), an idle Service to zero, and a
// day of a million requests. All on virtual time, so figures are pure computation.
import type { AnyObject } from "../../src/apis/meta/object.ts";
import { VirtualClock } from "../../src/base/virtual-clock.ts";
import type { LoadTrace } from "../../src/simulator/load-trace.ts";
import { PaperCluster } from "../../src/simulator/paper-cluster.ts";
import { makeRandom } from "../../src/simulator/seeded-random.ts";
import { simulate } from "../../src/simulator/simulate.ts";
import type { Bench, Figure } from "./bench.ts";

const START = Date.UTC(2000, 0, 1);
const DAY_S = 86_400;
const FEW = 100;
const MANY = 1000;
/** Ten times as much may cost this many times as much. */
const LINEAR = 13;

const service = (name: string, minScale: number): AnyObject =>
  ({
    apiVersion: "serving.knative.dev/v1",
    kind: "Service",
    metadata: { name, namespace: "default" },
    spec: {
      template: {
        metadata: { annotations: { "autoscaling.knative.dev/min-scale": String(minScale) } },
        spec: { containers: [{ image: "example.com/hello:v1" }] },
      },
    },
  }) as AnyObject;

/** Processor time in ms: what else the machine does must not count. */
function timed(run: () => void): number {
  const since = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}

/** Ms to bring so many Services to ready, and ms for one second of their life after. */
function many(count: number): { readonly settleMs: number; readonly secondMs: number } {
  const clock = new VirtualClock(START);
  const cluster = new PaperCluster({
    clock,
    random: makeRandom(1),
    configMaps: new Map(),
    maxPods: undefined,
    startUpMs: 500,
    startUpSpreadMs: 0,
    activatorStats: () => new Map(),
    podStat: (pod, now) => ({
      podName: pod.name,
      averageConcurrentRequests: 1,
      averageProxiedConcurrentRequests: 0,
      requestCount: 1,
      proxiedRequestCount: 0,
      processUptime: 1,
      time: now,
    }),
  });
  const settleMs = timed(() => {
    cluster.apply(Array.from({ length: count }, (_, index) => service(`service-${index}`, 1)));
    cluster.advanceTo(START + 5000);
  });
  const ready = cluster.plane.store
    .list("Service.serving.knative.dev")
    .filter(({ status }) => status?.latestReadyRevisionName);
  if (ready.length !== count) throw new Error(`${ready.length} of ${count} Services became ready`);
  const seconds = 60;
  const secondMs = timed(() => cluster.advanceTo(clock.now() + seconds * 1000)) / seconds;
  cluster[Symbol.dispose]();
  return { settleMs, secondMs };
}

function simulated(load: LoadTrace): number {
  return timed(() => {
    const result = simulate({ objects: [service("hello", 0)], load });
    if ("refused" in result) throw new Error(result.refused.join("\n"));
  });
}

function aDay(perSecond: number): LoadTrace {
  const step = (atMs: number, share: number) => ({ atMs, perSecond: perSecond * share, durationMs: 250 });
  const steps = Array.from({ length: 288 }, (_, index) =>
    step(index * 300_000, 1 + Math.sin((index / 288) * 2 * Math.PI)),
  );
  return { kind: "rates", steps: [...steps, step(DAY_S * 1000, 0)] };
}

export const scalingBench: Bench = {
  name: "planning and deciding, on virtual time",
  run: () => {
    many(10);
    const few = many(FEW);
    const lots = many(MANY);
    const growth = (part: "settleMs" | "secondMs"): Figure => {
      const value = lots[part] / few[part];
      const name = part === "settleMs" ? "settle" : "second";
      return {
        name: `growth of a ${name}, ${FEW} to ${MANY}`,
        value,
        unit: "×",
        goal: `≤ ${LINEAR} ×`,
        reached: value <= LINEAR,
      };
    };
    const figures: Figure[] = [
      { name: `settle ${FEW} Services to ready`, value: few.settleMs, unit: "ms" },
      { name: `settle ${MANY} Services to ready`, value: lots.settleMs, unit: "ms" },
      growth("settleMs"),
      { name: `a second of ${FEW} revisions`, value: few.secondMs, unit: "ms" },
      { name: `a second of ${MANY} revisions`, value: lots.secondMs, unit: "ms" },
      growth("secondMs"),
    ];
    const idle = simulated({ kind: "arrivals", arrivals: [{ atMs: 0, durationMs: 100 }] });
    figures.push({ name: "an idle Service to zero (about 66 s of its time)", value: idle, unit: "ms" });
    for (const [name, perSecond] of [
      ["a day of a million requests", 1e6 / DAY_S],
      ["a day of a hundred million requests", 1e8 / DAY_S],
    ] as const) {
      const value = simulated(aDay(perSecond));
      figures.push({ name, value, unit: "ms", goal: "< 5 s", reached: value < 5000 });
    }
    return Promise.resolve({ figures });
  },
};
