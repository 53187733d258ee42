// Runs many Services on the emulator's control plane with simulated pods on virtual time, to measure planners and
// autoscaler only.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { AnyObject } from "../../src/apis/meta/object.ts";
import { Emitter } from "../../src/base/emitter.ts";
import { makeRandom } from "../../src/base/seeded-random.ts";
import { VirtualClock } from "../../src/base/virtual-clock.ts";
import type { FirstRequest } from "../../src/data-plane/activator/activator.ts";
import { SimulatedCluster } from "../../src/simulator/simulated-cluster.ts";

const START = Date.UTC(2000, 0, 1);
const WATCHED_S = 60;

export function makePaperService(name: string, annotations: Readonly<Record<string, string>> = {}): AnyObject {
  const prefixed = Object.entries(annotations).map(([key, value]) => [`autoscaling.knative.dev/${key}`, value]);
  return {
    apiVersion: "serving.knative.dev/v1",
    kind: "Service",
    metadata: { name, namespace: "default" },
    spec: {
      template: {
        metadata: { annotations: Object.fromEntries(prefixed) },
        spec: { containers: [{ image: "example.com/hello:v1" }] },
      },
    },
  } as AnyObject;
}

/**
 * Processor time in ms, independent of other load on the machine. It includes V8's threads, almost a half of it in a
 * new process.
 */
export function timed(run: () => void): number {
  const since = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}

export interface ManyServices {
  /** Milliseconds from the first write until all are Ready. Simulated pods start at once. */
  readonly settleMs: number;
  /** Milliseconds of processor time per second of virtual time afterwards. */
  readonly secondMs: number;
  /** Heap size of the objects. */
  readonly heapBytes: number;
}

/** Makes `count` Services with `pods` (0 or 1) pods each Ready, then advances a minute. */
export function measureServices(count: number, pods: 0 | 1): ManyServices {
  const before = heapInUse();
  const clock = new VirtualClock(START);
  const cluster = new SimulatedCluster({
    clock,
    random: makeRandom(1),
    configMaps: new Map([["config-autoscaler", { "allow-zero-initial-scale": "true" }]]),
    maxPods: undefined,
    startUpMs: 500,
    startUpSpreadMs: 0,
    activator: { report: () => new Map(), onFirstRequest: new Emitter<FirstRequest>().subscribe },
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
  const scale = pods === 0 ? { "initial-scale": "0" } : { "min-scale": "1" };
  const services = Array.from({ length: count }, (_, index) => makePaperService(`service-${index}`, scale));
  const settleMs = timed(() => {
    cluster.apply(services);
    cluster.advanceTo(START + 5000);
  });
  const { store } = cluster.plane;
  const ready = store.list("Service.serving.knative.dev").filter(({ status }) => status?.latestReadyRevisionName);
  if (ready.length !== count) throw new Error(`${ready.length} of ${count} Services became ready`);
  if (store.list("Pod").length !== count * pods) throw new Error(`${store.list("Pod").length} pods`);
  const heapBytes = heapInUse() - before;
  const secondMs = timed(() => cluster.advanceTo(clock.now() + WATCHED_S * 1000)) / WATCHED_S;
  cluster[Symbol.dispose]();
  return { settleMs, secondMs, heapBytes };
}

/** After a full garbage collection. */
function heapInUse(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().heapUsed;
}
