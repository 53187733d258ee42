// `knap simulate`: a Service under a load, on virtual time. The planners, the autoscaler, the activator's throttler, the queue-proxies' breakers and
// all accounting are the emulator's own; only containers and sockets are paper.
import type { RevisionKey, Stat } from "../apis/autoscaling/types.ts";
import type { Pod } from "../apis/core/types.ts";
import { isReady as isObjectReady } from "../apis/meta/conditions.ts";
import type { AnyObject, StringMap } from "../apis/meta/object.ts";
import type { Service } from "../apis/serving/types.ts";
import type { Time } from "../base/clock.ts";
import { VirtualClock } from "../base/virtual-clock.ts";
import { isReady, revisionOf } from "../control-plane/autoscaler/ready-pods.ts";
import type { Histogram } from "./histogram.ts";
import { arrivalsOf, type LoadTrace, requestsOf, traceEndMs } from "./load-trace.ts";
import { PaperCluster } from "./paper-cluster.ts";
import { FLOW_STEP_MS, PaperFlow } from "./paper-flow.ts";
import { PaperRequests } from "./paper-requests.ts";
import { type PaperTraffic, Tally } from "./paper-traffic.ts";
import { Recorder } from "./recorder.ts";
import { makeRandom } from "./seeded-random.ts";
import type { Percentiles, SimulationResult } from "./simulation-result.ts";

export interface SimulateOptions {
  /** The Service and whatever stands beside it, as from the user's files. */
  readonly objects: readonly AnyObject[];
  /** Data of the ConfigMaps of knative-serving, by name. */
  readonly configMaps?: ReadonlyMap<string, StringMap>;
  /** Which Service has the load; absent: the first one. */
  readonly service?: string;
  readonly load: LoadTrace;
  /** Default 1000. */
  readonly startUpMs?: number;
  /** Default 0. */
  readonly startUpSpreadMs?: number;
  /** Default: no limit. */
  readonly maxPods?: number;
  /** Default 1. */
  readonly seed?: number;
  /** More requests than this, given as rates, are played as flows. Default 1,500,000. */
  readonly mostRequests?: number;
}

const START: Time = Date.UTC(2000, 0, 1);
const MOST_REQUESTS = 1_500_000;
const READY_WITHIN_MS = 15 * 60_000;
const LONGEST_TAIL_MS = 2 * 3_600_000;

/** Plays the load from the moment the Service is ready until its pods are gone again; `refused` says why it could not begin. */
export function simulate(options: SimulateOptions): SimulationResult | { readonly refused: readonly string[] } {
  const simulation = new Simulation(options);
  const refused = simulation.prepare();
  if (refused.length > 0) return { refused };
  return simulation.run();
}

class Simulation {
  readonly #options: SimulateOptions;
  readonly #clock = new VirtualClock(START);
  readonly #random: () => number;
  readonly #tally = new Tally();
  readonly #recorder: Recorder;
  readonly #cluster: PaperCluster;
  readonly #flows: boolean;
  #traffic: PaperTraffic | undefined;
  #service: Service | undefined;
  #revision: RevisionKey | undefined;
  #ready = new Map<string, string>();

  constructor(options: SimulateOptions) {
    const clock = this.#clock;
    this.#options = options;
    this.#random = makeRandom(options.seed ?? 1);
    this.#flows = options.load.kind === "rates" && requestsOf(options.load) > (options.mostRequests ?? MOST_REQUESTS);
    this.#recorder = new Recorder(traceEndMs(options.load));
    this.#cluster = new PaperCluster({
      clock,
      random: this.#random,
      configMaps: options.configMaps ?? new Map(),
      maxPods: options.maxPods,
      startUpMs: options.startUpMs ?? 1000,
      startUpSpreadMs: options.startUpSpreadMs ?? 0,
      onSize: (size) => this.#recorder.size(size, clock.now()),
      onStopping: (pod, done) => (this.#traffic ? this.#traffic.drain(pod.metadata.name, done) : done()),
      activatorStats: (now) => this.#second(now),
      podStat: (pod, now) => this.#traffic?.podStat(pod.name, now),
    });
  }

  /** Deploys and waits for Ready; what stood in the way. */
  prepare(): readonly string[] {
    const { objects, service: name } = this.#options;
    const services = objects.filter(
      (object) => object.apiVersion === "serving.knative.dev/v1" && object.kind === "Service",
    );
    const wanted = name === undefined ? services[0] : services.find((service) => service.metadata.name === name);
    if (!wanted) return [name === undefined ? "no Service among the files" : `no Service "${name}" among the files`];
    const refused = this.#cluster.apply(objects);
    if (refused.length > 0) return refused;
    const watch = this.#cluster.plane.store.watch({ since: 1 }, ({ type, object }) => this.#observe(type, object));
    if ("refused" in watch) return [watch.refused.message];
    const { name: service, namespace = "default" } = wanted.metadata;
    const current = (): Service | undefined =>
      this.#cluster.plane.store.get("Service.serving.knative.dev", namespace, service);
    const until = START + READY_WITHIN_MS;
    for (let now = current(); !now || !isObjectReady(now); now = current()) {
      if (this.#clock.now() >= until) return [`Service "${service}" did not become ready: ${notReady(now)}`];
      this.#cluster.advanceTo(this.#clock.now() + 1000);
    }
    this.#service = current();
    this.#openTraffic(namespace, this.#service?.status?.latestReadyRevisionName ?? "");
    return [];
  }

  run(): SimulationResult {
    const start = this.#clock.now();
    this.#recorder.begin(start);
    if (this.#traffic instanceof PaperFlow) this.#playFlow(this.#traffic, start);
    else if (this.#traffic instanceof PaperRequests) this.#playRequests(this.#traffic, start);
    this.#windDown(start);
    const end = this.#clock.now();
    const result = this.#result(end - start, this.#recorder.instanceSeconds(end));
    this.#cluster[Symbol.dispose]();
    return result;
  }

  #openTraffic(namespace: string, name: string): void {
    const revision: RevisionKey = `${namespace}/${name}`;
    const spec = this.#cluster.plane.store.get("Revision.serving.knative.dev", namespace, name)?.spec;
    const shared = {
      revision,
      containerConcurrency: spec?.containerConcurrency ?? 0,
      timeoutMs: (spec?.timeoutSeconds ?? 300) * 1000,
      tally: this.#tally,
      onStat: (stat: Stat) => this.#cluster.plane.tick.receive(revision, stat),
    };
    this.#revision = revision;
    this.#traffic = this.#flows
      ? new PaperFlow(shared)
      : new PaperRequests({ ...shared, clock: this.#clock, random: this.#random });
    this.#tell();
  }

  #playRequests(traffic: PaperRequests, start: Time): void {
    for (const { atMs, durationMs } of arrivalsOf(this.#options.load, this.#random)) {
      this.#cluster.advanceTo(start + atMs);
      traffic.arrive(durationMs);
    }
    this.#cluster.advanceTo(start + traceEndMs(this.#options.load));
  }

  #playFlow(traffic: PaperFlow, start: Time): void {
    const { load } = this.#options;
    const steps = load.kind === "rates" ? load.steps : [];
    for (const [index, { atMs, perSecond, durationMs }] of steps.entries()) {
      const until = start + (steps[index + 1]?.atMs ?? atMs);
      let now = Math.max(this.#clock.now(), start + atMs);
      // Nothing comes and nothing is left: time may pass as it likes.
      while (now < until && (perSecond > 0 || traffic.inFlight > 0)) {
        now += FLOW_STEP_MS;
        this.#cluster.advanceTo(now);
        traffic.step(now, perSecond, durationMs);
      }
      this.#cluster.advanceTo(until);
    }
  }

  /** On until every request is over and the pods are gone, or clearly stay. */
  #windDown(start: Time): void {
    const loadEnd = this.#clock.now();
    const { spec } = this.#revisionView() ?? {};
    const config = this.#cluster.plane.config().autoscaler;
    const quiet =
      (spec?.stableWindowMs ?? 0) + config.scaleToZeroGracePeriodMs + config.scaleToZeroPodRetentionPeriodMs + 10_000;
    let lastBusy = loadEnd;
    const durationMs = this.#options.load.kind === "rates" ? (this.#options.load.steps.at(-1)?.durationMs ?? 0) : 0;
    while (
      this.#clock.now() - lastBusy < quiet + (spec?.scaleDownDelayMs ?? 0) &&
      this.#clock.now() - loadEnd < LONGEST_TAIL_MS
    ) {
      const now = this.#clock.now() + FLOW_STEP_MS;
      this.#cluster.advanceTo(now);
      if (this.#traffic instanceof PaperFlow) this.#traffic.step(now, 0, durationMs);
      const busy = (this.#traffic?.inFlight ?? 0) > 0;
      if (busy) lastBusy = now;
      else if (this.#cluster.node.size === 0 && now > start) break;
    }
  }

  #observe(type: string, object: AnyObject): void {
    if (object.kind === "ServerlessService") this.#tell();
    if (object.kind !== "Pod") return;
    const pod = object as Pod;
    const revision = revisionOf(pod);
    if (revision === undefined) return;
    if (type !== "DELETED" && isReady(pod)) this.#ready.set(pod.metadata.name, revision);
    else if (!this.#ready.delete(pod.metadata.name)) return;
    this.#tell();
  }

  /** The traffic's pods and mode as they are now. */
  #tell(): void {
    const revision = this.#revision;
    if (revision === undefined) return;
    const [namespace = "", name = ""] = revision.split("/");
    const pods = [...this.#ready].flatMap(([pod, owner]) => (owner === revision ? [pod] : []));
    const sks = this.#cluster.plane.store.get("ServerlessService.networking.internal.knative.dev", namespace, name);
    this.#recorder.pods(pods.length, this.#clock.now());
    this.#traffic?.setPods(pods, sks?.spec.mode ?? "Proxy");
  }

  #second(now: Time) {
    const stats = this.#traffic?.activatorStats(now) ?? new Map();
    const [namespace = "", name = ""] = (this.#revision ?? "").split("/");
    const wanted =
      this.#cluster?.plane.store.get("Deployment.apps", namespace, `${name}-deployment`)?.spec.replicas ?? 0;
    this.#recorder.second(now, wanted, this.#traffic?.inFlight ?? 0, this.#tally.requests - this.#counted);
    this.#counted = this.#tally.requests;
    return stats;
  }
  #counted = 0;

  #revisionView() {
    return this.#revision === undefined ? undefined : this.#cluster.plane.tick.autoscaler.view(this.#revision);
  }

  #result(durationMs: number, instanceSeconds: number): SimulationResult {
    const tally = this.#tally;
    const recorder = this.#recorder;
    return {
      service: this.#service?.metadata.name ?? "",
      revision: this.#revision?.split("/")[1] ?? "",
      load: this.#flows ? "flows" : "requests",
      notes: this.#notes(),
      durationMs,
      requests: Math.round(tally.requests),
      coldStarts: recorder.coldStarts,
      coldStarted: Math.round(tally.coldStarted),
      queued: Math.round(tally.queued),
      timedOut: Math.round(tally.timedOut),
      rejected: Math.round(tally.rejected),
      podsStarted: recorder.podsStarted,
      mostReady: recorder.mostReady,
      instanceSeconds: Math.round(instanceSeconds * 10) / 10,
      latencyMs: percentilesOf(tally.latency),
      waitingMs: percentilesOf(tally.waiting),
      sampleMs: recorder.sampleMs,
      samples: recorder.samples(),
    };
  }

  #notes(): readonly string[] {
    const about = Math.round(requestsOf(this.#options.load)).toLocaleString("en");
    return this.#flows
      ? [
          `${about} requests are too many to play one by one: they are flows in steps of ${FLOW_STEP_MS} ms, without the noise of single arrivals, which alone can ask for a pod more.`,
        ]
      : [];
  }
}

function percentilesOf(histogram: Histogram): Percentiles {
  const at = (share: number): number => Math.round(histogram.percentile(share) * 10) / 10;
  return {
    mean: Math.round(histogram.mean * 10) / 10,
    p50: at(0.5),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
    max: Math.round(histogram.largest * 10) / 10,
  };
}

function notReady(service: Service | undefined): string {
  const ready = service?.status?.conditions?.find(({ type }) => type === "Ready");
  return ready?.message ?? ready?.reason ?? "nothing is known of it";
}
