// Holds one decider, one metric collection and the published scale of each revision. The caller passes the time.
// Follows pkg/autoscaler/scaling/multiscaler.go.
import type { DecisionRecord, RevisionKey, ScaleResult, Stat } from "../../apis/autoscaling/types.ts";
import type { Time } from "../../base/clock.ts";
import { Collection, type CollectionSpec } from "./collection.ts";
import {
  type DeciderSpec,
  type DeciderState,
  decide,
  makeDeciderState,
  makeInitialResult,
  mustNotify,
  type ScaleDecision,
} from "./decide.ts";
import { decideHpa, type HpaDecision, type HpaSpec, type PodUsage } from "./hpa-decision.ts";
import type { HpaResource } from "./hpa-spec.ts";
import { Ledger } from "./ledger.ts";
import { COLLECT_EVERY_MS } from "./periods.ts";

interface Decider {
  spec: DeciderSpec;
  state: DeciderState;
  readonly ledger: Ledger;
  readonly createdAt: Time;
  last?: ScaleDecision;
  /** The last observation that reached the panic threshold. */
  burst?: Burst;
}

interface Burst {
  readonly at: Time;
  readonly panic: number;
  readonly readyPods: number;
}

/** When the statistics last reported traffic. */
interface TrafficTimes {
  /** At least one request was in flight or started. */
  readonly lastBusy: Time;
  /** At least one request started. */
  readonly lastRequest: Time | undefined;
}

/** A snapshot of a revision's decider, for explanations. */
export interface DeciderView {
  readonly spec: DeciderSpec;
  readonly state: DeciderState;
  readonly createdAt: Time;
  readonly last: ScaleDecision | undefined;
  readonly burst: Burst | undefined;
  readonly traffic: TrafficTimes | undefined;
  readonly ledger: Ledger;
}

/** The input of one evaluation of the HPA class. */
export interface HpaInput {
  readonly spec: HpaSpec;
  /** undefined: the metric is neither cpu nor memory. */
  readonly resource: HpaResource | undefined;
  /** `spec.replicas` of the Deployment. */
  readonly current: number;
  readonly pods: readonly PodUsage[];
}

/** A snapshot of a revision of the HPA class, for explanations. */
export interface HpaView {
  readonly ledger: Ledger;
  readonly last: Omit<HpaInput, "pods"> & HpaDecision;
}

export interface AutoscalerOptions {
  /** Counts the ready pods of a revision; undefined if they cannot be counted. */
  readonly readyPods: (revision: RevisionKey) => number | undefined;
  /** Called when the published scale changed, so that the PodAutoscaler must be reconciled. */
  readonly onAdvice: (revision: RevisionKey) => void;
}

export class Autoscaler {
  readonly #options: AutoscalerOptions;
  readonly #deciders = new Map<RevisionKey, Decider>();
  readonly #collections = new Map<RevisionKey, Collection>();
  readonly #traffic = new Map<RevisionKey, TrafficTimes>();
  readonly #advice = new Map<RevisionKey, ScaleResult>();
  readonly #hpa = new Map<RevisionKey, HpaView>();

  constructor(options: AutoscalerOptions) {
    this.#options = options;
  }

  /** Returns the published scale of each revision that has a decider. */
  get advice(): ReadonlyMap<RevisionKey, ScaleResult> {
    return this.#advice;
  }

  /**
   * Creates the revision's decider and returns true. If the decider exists, replaces its parameters, keeps its state
   * and its published scale, and returns false.
   */
  follow(revision: RevisionKey, spec: DeciderSpec, now: Time): boolean {
    const known = this.#deciders.get(revision);
    if (known) {
      known.spec = spec;
      return false;
    }
    const state = makeDeciderState(spec, this.#options.readyPods(revision), now);
    this.#deciders.set(revision, { spec, state, createdAt: now, ledger: new Ledger() });
    this.#advice.set(revision, makeInitialResult(spec));
    return true;
  }

  /** Starts collecting statistics, or changes the windows of an existing collection. */
  collect(revision: RevisionKey, spec: CollectionSpec, now: Time): void {
    const known = this.#collections.get(revision);
    if (known) known.update(spec, now);
    else this.#collections.set(revision, new Collection(spec));
  }

  /** Stops collecting statistics. Keeps the decider and its published scale. */
  stopCollecting(revision: RevisionKey): void {
    this.#collections.delete(revision);
    this.#traffic.delete(revision);
  }

  /** Removes decider, collection and published scale, because the PodAutoscaler was deleted. */
  forget(revision: RevisionKey): void {
    this.#deciders.delete(revision);
    this.#hpa.delete(revision);
    this.#advice.delete(revision);
    this.stopCollecting(revision);
  }

  /**
   * Adds a stat that covers the last `seconds` to the revision's collection. Ignores the stat if the revision has no
   * collection.
   */
  record(revision: RevisionKey, stat: Stat, seconds = 1): void {
    const collection = this.#collections.get(revision);
    if (!collection) return;
    collection.record(stat, seconds);
    const busy = stat.averageConcurrentRequests > 0;
    const started = stat.requestCount > 0;
    if (!busy && !started) return;
    const lastRequest = started ? stat.time : this.#traffic.get(revision)?.lastRequest;
    this.#traffic.set(revision, { lastBusy: stat.time, lastRequest });
  }

  /** Adds whole seconds to the time of all recorded statistics, because the clock has jumped forward. */
  shift(byMs: number): void {
    for (const collection of this.#collections.values()) collection.shift(byMs);
    for (const [revision, { lastBusy, lastRequest }] of this.#traffic)
      this.#traffic.set(revision, { lastBusy: lastBusy + byMs, lastRequest: lastRequest && lastRequest + byMs });
  }

  /** Records a stat of the activator in the last `seconds`. If the revision is scaled to zero, evaluates it at once. */
  receive(revision: RevisionKey, stat: Stat, now: Time, seconds = 1): void {
    this.record(revision, { ...stat, time: Math.floor(now / 1000) * 1000 }, seconds);
    if (stat.averageConcurrentRequests !== 0) this.poke(revision, now);
  }

  /** Evaluates the revision at once if its published scale is 0. The scale is -1 before the first decision. */
  poke(revision: RevisionKey, now: Time): void {
    if (this.#advice.get(revision)?.desiredScale === 0) this.evaluate(revision, now);
  }

  /** Evaluates the revision's decider. Publishes nothing if the metric has no data. */
  evaluate(revision: RevisionKey, now: Time): ScaleDecision | undefined {
    const decider = this.#deciders.get(revision);
    const published = this.#advice.get(revision);
    if (!decider || !published) return undefined;
    const averages = this.#collections.get(revision)?.read(decider.spec.metric, now);
    const decision = decide(
      decider.spec,
      decider.state,
      { averages, readyPods: this.#options.readyPods(revision) },
      now,
    );
    decider.state = decision.state;
    decider.last = decision;
    const { panic, readyPods } = decision.trace;
    if (decision.result.valid && decision.state.panicTime === now) decider.burst = { at: now, panic, readyPods };
    decider.ledger.add(recordOf(revision, decider.spec, published, decision, now));
    if (!decision.result.valid) return decision;
    this.#advice.set(revision, decision.result);
    if (mustNotify(published, decision.result)) this.#options.onAdvice(revision);
    return decision;
  }

  /** Publishes the user's scale until the next decision. Returns false if the revision has no decider. */
  override(revision: RevisionKey, desiredScale: number): boolean {
    const published = this.#advice.get(revision);
    if (!published) return false;
    this.#advice.set(revision, { ...published, desiredScale, valid: true });
    this.#options.onAdvice(revision);
    return true;
  }

  /** Evaluates a revision of the HPA class. Without usable samples the scale does not change. */
  evaluateHpa(revision: RevisionKey, { spec, resource, current, pods }: HpaInput, now: Time): void {
    const { last, ledger = new Ledger() } = this.#hpa.get(revision) ?? {};
    const decision = decideHpa(spec, last?.state ?? { recommended: [] }, current, pods, now);
    this.#hpa.set(revision, { ledger, last: { ...decision, spec, resource, current } });
    const { rule, replicas, measured, wanted } = decision;
    const ready = pods.filter((pod) => pod.ready).length;
    const facts = { metric: resource ?? "", ready, target: spec.target.value, measured, wanted };
    ledger.add({ revision, at: now, source: "hpa", rule, from: current, to: replicas, facts });
    const before = this.#advice.get(revision)?.desiredScale;
    this.#advice.set(revision, { desiredScale: replicas, excessBurstCapacity: 0, valid: true });
    if (before !== replicas) this.#options.onAdvice(revision);
  }

  /** Adds a reconciler's decision to the revision's ledger. */
  addDecision(decision: DecisionRecord): void {
    this.#deciders.get(decision.revision)?.ledger.add(decision);
  }

  /** Returns the averages over the panic window, for display. */
  loadOf(revision: RevisionKey, now: Time): { readonly concurrency: number; readonly rps: number } {
    const collection = this.#collections.get(revision);
    // Read at the last reported second: a panic window of one second has no data for the current second yet.
    const at = collection && now - collection.newest < 2 * COLLECT_EVERY_MS ? collection.newest : now;
    return {
      concurrency: collection?.read("concurrency", at)?.panic ?? 0,
      rps: collection?.read("rps", at)?.panic ?? 0,
    };
  }

  isCollecting(revision: RevisionKey): boolean {
    return this.#collections.has(revision);
  }

  /** Returns undefined if the revision is of another class or has not been evaluated yet. */
  viewHpa(revision: RevisionKey): HpaView | undefined {
    return this.#hpa.get(revision);
  }

  view(revision: RevisionKey): DeciderView | undefined {
    const decider = this.#deciders.get(revision);
    return (
      decider && {
        spec: decider.spec,
        state: decider.state,
        createdAt: decider.createdAt,
        last: decider.last,
        burst: decider.burst,
        traffic: this.#traffic.get(revision),
        ledger: decider.ledger,
      }
    );
  }
}

function recordOf(
  revision: RevisionKey,
  spec: DeciderSpec,
  published: ScaleResult,
  { trace, result }: ScaleDecision,
  now: Time,
): DecisionRecord {
  return {
    revision,
    at: now,
    source: "traffic",
    rule: trace.rule,
    from: knownScale(published),
    to: knownScale(result.valid ? result : published),
    facts: {
      metric: spec.metric,
      stable: trace.stable,
      panic: trace.panic,
      target: spec.targetValue,
      ready: trace.readyPods,
      panicking: trace.panicking,
      excessBurstCapacity: result.excessBurstCapacity,
    },
  };
}

/** Returns undefined before the first decision, when the published scale is -1. */
function knownScale({ desiredScale }: ScaleResult): number | undefined {
  return desiredScale < 0 ? undefined : desiredScale;
}
