// Runs `knap simulate`: sends a load to a Service on virtual time. Reconcilers, autoscaler, throttler, breakers and
// statistics are the emulator's own. Containers and sockets are simulated.
import { HPA_CLASS } from "../apis/autoscaling/annotations.ts";
import type { RevisionKey, Stat } from "../apis/autoscaling/types.ts";
import { isPodServing } from "../apis/core/pod.ts";
import type { Pod } from "../apis/core/types.ts";
import { isReady } from "../apis/meta/conditions.ts";
import { namespacedName } from "../apis/meta/key.ts";
import type { AnyObject, Stored, StringMap } from "../apis/meta/object.ts";
import type { Service } from "../apis/serving/types.ts";
import type { Time } from "../base/clock.ts";
import { Emitter } from "../base/emitter.ts";
import { makeRandom } from "../base/seeded-random.ts";
import { VirtualClock } from "../base/virtual-clock.ts";
import { classOf, retentionMsOf } from "../control-plane/autoscaler/decider-spec.ts";
import { revisionOf } from "../control-plane/autoscaler/ready-pods.ts";
import type { FirstRequest } from "../data-plane/activator/activator.ts";
import { type LoadTrace, requestsOf, traceEndMs } from "../load/load-trace.ts";
import { awaitScaleDown, type LoadRun, playFlow, playRequests } from "./play-load.ts";
import { Recorder } from "./recorder.ts";
import { makeResult } from "./report.ts";
import { SimulatedCluster } from "./simulated-cluster.ts";
import { SimulatedFlow } from "./simulated-flow.ts";
import { SimulatedRequests } from "./simulated-requests.ts";
import { RequestCounts } from "./simulated-traffic.ts";
import type { SimulationResult } from "./simulation-result.ts";

const START: Time = Date.UTC(2000, 0, 1);
const MAX_SINGLE_REQUESTS = 1_500_000;
const READY_WITHIN_MS = 15 * 60_000;
/** Added to the longest time of a scale-down. A pod that still exists then does not stop any more. */
const SLACK_MS = 10_000;

export interface SimulateOptions {
  /** The user's objects; one of them is the Service. */
  readonly objects: readonly AnyObject[];
  /** Data of the ConfigMaps of knative-serving, by name. */
  readonly configMaps?: ReadonlyMap<string, StringMap>;
  /** The Service that gets the load. Default: the first one. */
  readonly service?: string;
  readonly load: LoadTrace;
  /** Default 1000. */
  readonly startUpMs?: number | undefined;
  /** Default 0. */
  readonly startUpSpreadMs?: number | undefined;
  /** Default: no limit. */
  readonly maxPods?: number | undefined;
  /** Default 1. */
  readonly seed?: number;
  /** Rates that give more requests than this are played as flows. Default 1,500,000. */
  readonly mostRequests?: number;
}

/**
 * Waits until the Service is ready, sends the load, and waits until all pods are gone or the longest time of a
 * scale-down has passed without requests. `refused`: why the simulation cannot start.
 */
export function simulate(options: SimulateOptions): SimulationResult | { readonly refused: readonly string[] } {
  using simulation = new Simulation(options);
  const refused = simulation.prepare();
  return refused.length > 0 ? { refused } : simulation.run();
}

interface Loaded {
  readonly service: string;
  readonly namespace: string;
  readonly revision: string;
  readonly key: RevisionKey;
  readonly traffic: SimulatedFlow | SimulatedRequests;
}

class Simulation implements Disposable {
  readonly #options: SimulateOptions;
  readonly #clock = new VirtualClock(START);
  readonly #random: () => number;
  readonly #counts = new RequestCounts();
  readonly #recorder: Recorder;
  readonly #cluster: SimulatedCluster;
  readonly #firstRequests = new Emitter<FirstRequest>();
  readonly #flows: boolean;
  /** By name of the ready pod. */
  readonly #ready = new Map<string, RevisionKey>();
  #loaded: Loaded | undefined;
  #counted = 0;

  constructor(options: SimulateOptions) {
    const { load, seed = 1, mostRequests = MAX_SINGLE_REQUESTS } = options;
    this.#options = options;
    this.#random = makeRandom(seed);
    this.#flows = load.kind === "rates" && requestsOf(load) > mostRequests;
    this.#recorder = new Recorder(traceEndMs(load));
    this.#cluster = new SimulatedCluster({
      clock: this.#clock,
      random: this.#random,
      configMaps: options.configMaps ?? new Map(),
      maxPods: options.maxPods,
      startUpMs: options.startUpMs ?? 1000,
      startUpSpreadMs: options.startUpSpreadMs ?? 0,
      onSize: (size) => this.#recorder.size(size, this.#clock.now()),
      onStopping: (pod, done) => (this.#loaded ? this.#loaded.traffic.drain(pod.metadata.name, done) : done()),
      activator: { report: (now) => this.#second(now), onFirstRequest: this.#firstRequests.subscribe },
      podStat: (pod, now) => this.#loaded?.traffic.podStat(pod.name, now),
    });
  }

  /** Deploys the Service and waits until it is ready. Returns error texts. */
  prepare(): readonly string[] {
    const { objects, service: name } = this.#options;
    const wanted = objects.find(
      ({ apiVersion, kind, metadata }) =>
        apiVersion === "serving.knative.dev/v1" && kind === "Service" && (name ?? metadata.name) === metadata.name,
    );
    if (!wanted) return [name === undefined ? "no Service among the files" : `no Service "${name}" among the files`];
    const refused = this.#cluster.apply(objects);
    if (refused.length > 0) return refused;
    const watch = this.#cluster.plane.store.watchSince(1, {}, ({ type, object }) => this.#observe(type, object));
    if (!watch.ok) return [watch.error.message];
    const { name: service, namespace = "default" } = wanted.metadata;
    const ready = this.#awaitReady(namespace, service);
    if (typeof ready === "string") return [`Service "${service}" did not become ready: ${ready}`];
    this.#load(namespace, service, ready.status?.latestReadyRevisionName ?? "");
    return [];
  }

  run(): SimulationResult {
    const loaded = this.#loaded;
    if (!loaded) throw new Error("a simulation runs after it was prepared");
    const play: LoadRun = { cluster: this.#cluster, load: this.#options.load, start: this.#clock.now() };
    const { traffic } = loaded;
    this.#recorder.begin(play.start);
    if (traffic instanceof SimulatedFlow) playFlow(play, traffic);
    else playRequests(play, traffic, this.#random);
    awaitScaleDown(play, traffic, this.#quietMs(loaded));
    const end = this.#clock.now();
    return makeResult({
      service: loaded.service,
      revision: loaded.revision,
      flows: this.#flows,
      byUsage: this.#classOf(loaded) === HPA_CLASS,
      expectedRequests: requestsOf(this.#options.load),
      durationMs: end - play.start,
      instanceSeconds: this.#recorder.instanceSeconds(end),
      counts: this.#counts,
      recorder: this.#recorder,
    });
  }

  [Symbol.dispose](): void {
    this.#cluster[Symbol.dispose]();
  }

  /** Returns the ready Service, or the reason why it is not ready. */
  #awaitReady(namespace: string, name: string): Service | string {
    for (;;) {
      const service = this.#cluster.plane.store.get("Service.serving.knative.dev", namespace, name);
      if (service && isReady(service)) return service;
      if (this.#clock.now() >= START + READY_WITHIN_MS) {
        const ready = service?.status?.conditions?.find(({ type }) => type === "Ready");
        return ready?.message ?? ready?.reason ?? "its condition is unknown";
      }
      this.#cluster.advanceTo(this.#clock.now() + 1000);
    }
  }

  #load(namespace: string, service: string, revision: string): void {
    const spec = this.#cluster.plane.store.get("Revision.serving.knative.dev", namespace, revision)?.spec;
    const key: RevisionKey = namespacedName({ namespace, name: revision });
    const shared = {
      revision: key,
      containerConcurrency: spec?.containerConcurrency ?? 0,
      timeoutMs: (spec?.timeoutSeconds ?? 300) * 1000,
      counts: this.#counts,
      onStat: (stat: Stat) => this.#firstRequests.emit({ revision: key, stat }),
    };
    const traffic = this.#flows
      ? new SimulatedFlow(shared)
      : new SimulatedRequests({ ...shared, clock: this.#clock, random: this.#random });
    this.#loaded = { service, namespace, revision, key, traffic };
    this.#updateTraffic();
  }

  #observe(type: string, object: Stored): void {
    if (object.kind === "ServerlessService") this.#updateTraffic();
    if (object.kind !== "Pod") return;
    const pod = object as Stored<Pod>;
    const revision = revisionOf(pod);
    if (revision === undefined) return;
    if (type !== "DELETED" && isPodServing(pod)) this.#ready.set(pod.metadata.name, revision);
    else if (!this.#ready.delete(pod.metadata.name)) return;
    this.#updateTraffic();
  }

  /** Passes the current pods and mode to the traffic. */
  #updateTraffic(): void {
    if (!this.#loaded) return;
    const { key, namespace, revision, traffic } = this.#loaded;
    const pods = [...this.#ready].flatMap(([pod, owner]) => (owner === key ? [pod] : []));
    const { store } = this.#cluster.plane;
    const sks = store.get("ServerlessService.networking.internal.knative.dev", namespace, revision);
    this.#recorder.pods(pods.length, this.#clock.now());
    traffic.setPods(pods, sks?.spec.mode ?? "Proxy");
  }

  /** Records the past second, and returns the activator's statistics. */
  #second(now: Time): ReadonlyMap<RevisionKey, Stat> {
    if (!this.#loaded) return new Map();
    const { namespace, revision, traffic } = this.#loaded;
    const deployment = this.#cluster.plane.store.get("Deployment.apps", namespace, `${revision}-deployment`);
    this.#recorder.second(now, deployment?.spec.replicas ?? 0, traffic.inFlight, this.#counts.requests - this.#counted);
    this.#counted = this.#counts.requests;
    return traffic.activatorStats(now);
  }

  #classOf({ namespace, revision }: Loaded): string | undefined {
    const { plane } = this.#cluster;
    const pa = plane.store.get("PodAutoscaler.autoscaling.internal.knative.dev", namespace, revision);
    return pa && classOf(pa, plane.config().autoscaler);
  }

  /** Returns the longest time that a scale-down can take. */
  #quietMs({ key, namespace, revision }: Loaded): number {
    const { plane } = this.#cluster;
    const config = plane.config().autoscaler;
    const { stableWindowMs = 0, scaleDownDelayMs = 0 } = plane.tick.autoscaler.view(key)?.spec ?? {};
    const pa = plane.store.get("PodAutoscaler.autoscaling.internal.knative.dev", namespace, revision);
    const retentionMs = pa ? retentionMsOf(pa, config) : 0;
    return stableWindowMs + scaleDownDelayMs + config.scaleToZeroGracePeriodMs + retentionMs + SLACK_MS;
  }
}
