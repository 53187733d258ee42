// The living autoscaler: one decider and one metric collection per revision, and what they last published. It has no clock and no sockets: time
// comes with each call. Follows pkg/autoscaler/scaling/multiscaler.go.
import type { DecisionNote, RevisionKey, ScaleResult, Stat } from "../../apis/autoscaling/types.ts";
import type { Time } from "../../base/clock.ts";
import { Collection, type CollectionSpec } from "./collection.ts";
import {
  type DeciderSpec,
  type DeciderState,
  type Decision,
  decide,
  makeDeciderState,
  makeInitialResult,
  mustNotify,
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
  last?: Decision;
  /** When the panic threshold was last reached, and what was seen. */
  burst?: Burst;
}

export interface Burst {
  readonly at: Time;
  readonly panic: number;
  readonly readyPods: number;
}

/** When stats last told of requests: of any in flight, and of one that began. */
export interface Traffic {
  readonly lastBusy: Time;
  readonly lastRequest?: Time;
}

/** What explain may ask of a revision's decider. */
export interface DeciderView {
  readonly spec: DeciderSpec;
  readonly state: DeciderState;
  readonly createdAt: Time;
  readonly last: Decision | undefined;
  readonly burst: Burst | undefined;
  readonly traffic: Traffic | undefined;
  readonly ledger: Ledger;
}

/** One look of the HPA class. */
export interface HpaLook {
  readonly spec: HpaSpec;
  /** undefined: its metric is none of containers. */
  readonly resource: HpaResource | undefined;
  /** Replicas of the Deployment. */
  readonly current: number;
  readonly pods: readonly PodUsage[];
}

/** What explain may ask of a revision of the HPA class. */
export interface HpaView {
  readonly ledger: Ledger;
  readonly last: Omit<HpaLook, "pods"> & HpaDecision;
}

export interface AutoscalerOptions {
  /** Ready pods of a revision; undefined when they cannot be counted. */
  readonly readyPods: (revision: RevisionKey) => number | undefined;
  /** The published result changed such that the PodAutoscaler must look again. */
  readonly onAdvice: (revision: RevisionKey) => void;
}

export class Autoscaler {
  readonly #options: AutoscalerOptions;
  readonly #deciders = new Map<RevisionKey, Decider>();
  readonly #collections = new Map<RevisionKey, Collection>();
  readonly #traffic = new Map<RevisionKey, Traffic>();
  readonly #advice = new Map<RevisionKey, ScaleResult>();
  readonly #hpa = new Map<RevisionKey, HpaView>();

  constructor(options: AutoscalerOptions) {
    this.#options = options;
  }

  /** What is published, per revision with a decider. */
  get advice(): ReadonlyMap<RevisionKey, ScaleResult> {
    return this.#advice;
  }

  /** Creates the revision's decider (true), or gives the living one new parameters: its state and what it published stay. */
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

  /** Starts to collect, or changes the windows of what is collected. */
  collect(revision: RevisionKey, spec: CollectionSpec, now: Time): void {
    const known = this.#collections.get(revision);
    if (known) known.update(spec, now);
    else this.#collections.set(revision, new Collection(spec));
  }

  /** Ends collection only. */
  stopCollecting(revision: RevisionKey): void {
    this.#collections.delete(revision);
    this.#traffic.delete(revision);
  }

  /** The PodAutoscaler is gone: decider, collection and advice go. */
  forget(revision: RevisionKey): void {
    this.#deciders.delete(revision);
    this.#hpa.delete(revision);
    this.#advice.delete(revision);
    this.stopCollecting(revision);
  }

  /** Adds a stat to what is collected; without a collection it is dropped. */
  record(revision: RevisionKey, stat: Stat): void {
    const collection = this.#collections.get(revision);
    if (!collection) return;
    collection.record(stat);
    const busy = stat.averageConcurrentRequests > 0;
    const started = stat.requestCount > 0;
    if (!busy && !started) return;
    const before = this.#traffic.get(revision);
    const lastRequest = started ? stat.time : before?.lastRequest;
    this.#traffic.set(revision, { lastBusy: stat.time, ...(lastRequest !== undefined && { lastRequest }) });
  }

  /** A stat from an activator: stamped with whole seconds of the receiver, recorded, and a reason to decide at once when scaled to zero. */
  receive(revision: RevisionKey, stat: Stat, now: Time): void {
    this.record(revision, { ...stat, time: Math.floor(now / 1000) * 1000 });
    if (stat.averageConcurrentRequests !== 0) this.poke(revision, now);
  }

  /** Decides at once if the published scale is exactly 0; before the first decision, and above zero, nothing happens. */
  poke(revision: RevisionKey, now: Time): void {
    if (this.#advice.get(revision)?.desiredScale === 0) this.evaluate(revision, now);
  }

  /** One evaluation of one decider. Without data nothing is published. */
  evaluate(revision: RevisionKey, now: Time): Decision | undefined {
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
    decider.ledger.note(noteOf(revision, decider.spec, published, decision, now));
    if (!decision.result.valid) return decision;
    this.#advice.set(revision, decision.result);
    if (mustNotify(published, decision.result)) this.#options.onAdvice(revision);
    return decision;
  }

  /** Publishes a wish of the user's as if it had been decided; the next decision replaces it. False: there is no such decider. */
  suggest(revision: RevisionKey, desiredScale: number): boolean {
    const published = this.#advice.get(revision);
    if (!published) return false;
    this.#advice.set(revision, { ...published, desiredScale, valid: true });
    this.#options.onAdvice(revision);
    return true;
  }

  /** One look of the HPA class; what it cannot judge it leaves as it is. */
  evaluateHpa(revision: RevisionKey, { spec, resource, current, pods }: HpaLook, now: Time): void {
    const { last, ledger = new Ledger() } = this.#hpa.get(revision) ?? {};
    const decision = decideHpa(spec, last?.state ?? { recommended: [] }, current, pods, now);
    this.#hpa.set(revision, { ledger, last: { ...decision, spec, resource, current } });
    const { rule, replicas, measured, wanted } = decision;
    const ready = pods.filter((pod) => pod.ready).length;
    const seen = { ...(measured !== undefined && { measured }), ...(wanted !== undefined && { wanted }) };
    const facts = { by: "hpa", metric: resource ?? "", ready, target: spec.target.value, ...seen };
    ledger.note({ revision, at: now, rule, from: current, to: replicas, facts });
    const before = this.#advice.get(revision)?.desiredScale;
    this.#advice.set(revision, { desiredScale: replicas, excessBurstCapacity: 0, valid: true });
    if (before !== replicas) this.#options.onAdvice(revision);
  }

  /** A planner's note about a revision, kept beside the decisions. */
  note(note: DecisionNote): void {
    this.#deciders.get(note.revision)?.ledger.note(note);
  }

  /** What goes on at the revision just now: averages over the panic window, for eyes only. */
  loadOf(revision: RevisionKey, now: Time): { readonly concurrency: number; readonly rps: number } {
    const collection = this.#collections.get(revision);
    // As of the last second that was reported: with a panic window of one second the present one holds nothing yet.
    const at = collection && now - collection.newest < 2 * COLLECT_EVERY_MS ? collection.newest : now;
    return {
      concurrency: collection?.read("concurrency", at)?.panic ?? 0,
      rps: collection?.read("rps", at)?.panic ?? 0,
    };
  }

  /** Whether stats of this revision are collected. */
  isCollecting(revision: RevisionKey): boolean {
    return this.#collections.has(revision);
  }

  /** undefined: it is of another class, or nobody has looked yet. */
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

function noteOf(
  revision: RevisionKey,
  spec: DeciderSpec,
  published: ScaleResult,
  { trace, result }: Decision,
  now: Time,
): DecisionNote {
  return {
    revision,
    at: now,
    rule: trace.rule,
    from: published.desiredScale,
    to: result.valid ? result.desiredScale : published.desiredScale,
    facts: {
      by: "decider",
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
