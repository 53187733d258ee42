// One simulation from its deployment to its last pod: the paper cluster, the traffic in front of it and the recorder beside it, wired.
import { HPA_CLASS } from "../apis/autoscaling/annotations.ts";
import type { RevisionKey, Stat } from "../apis/autoscaling/types.ts";
import { isPodServing } from "../apis/core/pod.ts";
import type { Pod } from "../apis/core/types.ts";
import { isReady } from "../apis/meta/conditions.ts";
import type { Stored } from "../apis/meta/object.ts";
import type { Service } from "../apis/serving/types.ts";
import type { Time } from "../base/clock.ts";
import { Emitter } from "../base/emitter.ts";
import { VirtualClock } from "../base/virtual-clock.ts";
import { classOf, retentionMsOf } from "../control-plane/autoscaler/decider-spec.ts";
import { revisionOf } from "../control-plane/autoscaler/ready-pods.ts";
import type { FirstRequest } from "../data-plane/activator/activator.ts";
import { requestsOf, traceEndMs } from "./load-trace.ts";
import { PaperCluster } from "./paper-cluster.ts";
import { PaperFlow } from "./paper-flow.ts";
import { PaperRequests } from "./paper-requests.ts";
import { Tally } from "./paper-traffic.ts";
import { type Play, playFlow, playRequests, windDown } from "./play-load.ts";
import { Recorder } from "./recorder.ts";
import { makeResult } from "./report.ts";
import { makeRandom } from "./seeded-random.ts";
import type { SimulateOptions } from "./simulate-options.ts";
import type { SimulationResult } from "./simulation-result.ts";

const START: Time = Date.UTC(2000, 0, 1);
const MOST_REQUESTS = 1_500_000;
const READY_WITHIN_MS = 15 * 60_000;
/** After window, grace and retention a pod that stays will stay. */
const SLACK_MS = 10_000;

interface Loaded {
  readonly service: string;
  readonly namespace: string;
  readonly revision: string;
  readonly key: RevisionKey;
  readonly traffic: PaperFlow | PaperRequests;
}

export class Simulation implements Disposable {
  readonly #options: SimulateOptions;
  readonly #clock = new VirtualClock(START);
  readonly #random: () => number;
  readonly #tally = new Tally();
  readonly #recorder: Recorder;
  readonly #cluster: PaperCluster;
  readonly #firstRequests = new Emitter<FirstRequest>();
  readonly #flows: boolean;
  /** Ready pods, by name, and whose they are. */
  readonly #ready = new Map<string, RevisionKey>();
  #loaded: Loaded | undefined;
  #counted = 0;

  constructor(options: SimulateOptions) {
    const { load, seed = 1, mostRequests = MOST_REQUESTS } = options;
    this.#options = options;
    this.#random = makeRandom(seed);
    this.#flows = load.kind === "rates" && requestsOf(load) > mostRequests;
    this.#recorder = new Recorder(traceEndMs(load));
    this.#cluster = new PaperCluster({
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

  /** Deploys and waits for Ready; what stood in the way. */
  prepare(): readonly string[] {
    const { objects, service: name } = this.#options;
    const wanted = objects.find(
      ({ apiVersion, kind, metadata }) =>
        apiVersion === "serving.knative.dev/v1" && kind === "Service" && (name ?? metadata.name) === metadata.name,
    );
    if (!wanted) return [name === undefined ? "no Service among the files" : `no Service "${name}" among the files`];
    const refused = this.#cluster.apply(objects);
    if (refused.length > 0) return refused;
    const watch = this.#cluster.plane.store.watch({ since: 1 }, ({ type, object }) => this.#observe(type, object));
    if ("refused" in watch) return [watch.refused.message];
    const { name: service, namespace = "default" } = wanted.metadata;
    const ready = this.#awaitReady(namespace, service);
    if (typeof ready === "string") return [`Service "${service}" did not become ready: ${ready}`];
    this.#load(namespace, service, ready.status?.latestReadyRevisionName ?? "");
    return [];
  }

  run(): SimulationResult {
    const loaded = this.#loaded;
    if (!loaded) throw new Error("a simulation runs after it was prepared");
    const play: Play = { cluster: this.#cluster, load: this.#options.load, start: this.#clock.now() };
    const { traffic } = loaded;
    this.#recorder.begin(play.start);
    if (traffic instanceof PaperFlow) playFlow(play, traffic);
    else playRequests(play, traffic, this.#random);
    windDown(play, traffic, this.#quietMs(loaded));
    const end = this.#clock.now();
    return makeResult({
      service: loaded.service,
      revision: loaded.revision,
      flows: this.#flows,
      byUsage: this.#classOf(loaded) === HPA_CLASS,
      expectedRequests: requestsOf(this.#options.load),
      durationMs: end - play.start,
      instanceSeconds: this.#recorder.instanceSeconds(end),
      tally: this.#tally,
      recorder: this.#recorder,
    });
  }

  [Symbol.dispose](): void {
    this.#cluster[Symbol.dispose]();
  }

  /** The Service when it is ready, or why it is not. */
  #awaitReady(namespace: string, name: string): Service | string {
    for (;;) {
      const service = this.#cluster.plane.store.get("Service.serving.knative.dev", namespace, name);
      if (service && isReady(service)) return service;
      if (this.#clock.now() >= START + READY_WITHIN_MS) {
        const ready = service?.status?.conditions?.find(({ type }) => type === "Ready");
        return ready?.message ?? ready?.reason ?? "nothing is known of it";
      }
      this.#cluster.advanceTo(this.#clock.now() + 1000);
    }
  }

  #load(namespace: string, service: string, revision: string): void {
    const spec = this.#cluster.plane.store.get("Revision.serving.knative.dev", namespace, revision)?.spec;
    const key: RevisionKey = `${namespace}/${revision}`;
    const shared = {
      revision: key,
      containerConcurrency: spec?.containerConcurrency ?? 0,
      timeoutMs: (spec?.timeoutSeconds ?? 300) * 1000,
      tally: this.#tally,
      onStat: (stat: Stat) => this.#firstRequests.emit({ revision: key, stat }),
    };
    const traffic = this.#flows
      ? new PaperFlow(shared)
      : new PaperRequests({ ...shared, clock: this.#clock, random: this.#random });
    this.#loaded = { service, namespace, revision, key, traffic };
    this.#tell();
  }

  #observe(type: string, object: Stored): void {
    if (object.kind === "ServerlessService") this.#tell();
    if (object.kind !== "Pod") return;
    const pod = object as Stored<Pod>;
    const revision = revisionOf(pod);
    if (revision === undefined) return;
    if (type !== "DELETED" && isPodServing(pod)) this.#ready.set(pod.metadata.name, revision);
    else if (!this.#ready.delete(pod.metadata.name)) return;
    this.#tell();
  }

  /** The traffic's pods and mode as they are now. */
  #tell(): void {
    if (!this.#loaded) return;
    const { key, namespace, revision, traffic } = this.#loaded;
    const pods = [...this.#ready].flatMap(([pod, owner]) => (owner === key ? [pod] : []));
    const { store } = this.#cluster.plane;
    const sks = store.get("ServerlessService.networking.internal.knative.dev", namespace, revision);
    this.#recorder.pods(pods.length, this.#clock.now());
    traffic.setPods(pods, sks?.spec.mode ?? "Proxy");
  }

  /** Once a second: what the activator reports, and a line in the record. */
  #second(now: Time): ReadonlyMap<RevisionKey, Stat> {
    if (!this.#loaded) return new Map();
    const { namespace, revision, traffic } = this.#loaded;
    const deployment = this.#cluster.plane.store.get("Deployment.apps", namespace, `${revision}-deployment`);
    this.#recorder.second(now, deployment?.spec.replicas ?? 0, traffic.inFlight, this.#tally.requests - this.#counted);
    this.#counted = this.#tally.requests;
    return traffic.activatorStats(now);
  }

  #classOf({ namespace, revision }: Loaded): string | undefined {
    const { plane } = this.#cluster;
    const pa = plane.store.get("PodAutoscaler.autoscaling.internal.knative.dev", namespace, revision);
    return pa && classOf(pa, plane.config().autoscaler);
  }

  /** How long pods may stay without a request before they stay for good. */
  #quietMs({ key, namespace, revision }: Loaded): number {
    const { plane } = this.#cluster;
    const config = plane.config().autoscaler;
    const { stableWindowMs = 0, scaleDownDelayMs = 0 } = plane.tick.autoscaler.view(key)?.spec ?? {};
    const pa = plane.store.get("PodAutoscaler.autoscaling.internal.knative.dev", namespace, revision);
    const retentionMs = pa ? retentionMsOf(pa, config) : 0;
    return stableWindowMs + scaleDownDelayMs + config.scaleToZeroGracePeriodMs + retentionMs + SLACK_MS;
  }
}
