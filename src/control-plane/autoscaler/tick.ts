// Runs the autoscaler on a Clock: collects statistics every second and evaluates each decider every two seconds.
// Creates and removes deciders as the store's objects come and go.
import { HPA_CLASS, KPA_CLASS } from "../../apis/autoscaling/annotations.ts";
import type { Metric, PodAutoscaler, RevisionKey, Stat } from "../../apis/autoscaling/types.ts";
import type { AutoscalerConfig } from "../../apis/config/types.ts";
import type { Pod } from "../../apis/core/types.ts";
import { namespacedName } from "../../apis/meta/key.ts";
import type { Stored } from "../../apis/meta/object.ts";
import { CONFIGURATION_LABEL, REVISION_LABEL } from "../../apis/serving/labels.ts";
import type { Clock, Time } from "../../base/clock.ts";
import type { WatchEvent } from "../store/view.ts";
import { Autoscaler } from "./autoscaler.ts";
import type { CollectionSpec } from "./collection.ts";
import type { DeciderSpec } from "./decide.ts";
import { classOf, isWeighted, makeDeciderSpec } from "./decider-spec.ts";
import { HPA_PERIOD_MS, type PodUsage } from "./hpa-decision.ts";
import { type HpaResource, hpaResourceOf, makeHpaSpec } from "./hpa-spec.ts";
import { COLLECT_EVERY_MS, DECIDE_EVERY_MS } from "./periods.ts";
import { type ReadyPod, ReadyPods } from "./ready-pods.ts";
import { scrape } from "./scrape.ts";
import { BUCKET_MS } from "./window.ts";

const LONGEST_WINDOW_MS = 3_600_000;
const OWNER_LABELS = [CONFIGURATION_LABEL, REVISION_LABEL];

export interface TickOptions {
  readonly clock: Clock;
  /** The clock of request statistics, which does not jump. Absent: `clock`. */
  readonly statsClock?: Pick<Clock, "now">;
  /** Returns a number in [0, 1), to choose the pods of a sample. */
  readonly random: () => number;
  readonly config: () => AutoscalerConfig;
  /** Returns the statistics of a pod's last complete second; undefined if its queue-proxy does not answer. */
  readonly podStat: (pod: ReadyPod, now: Time) => Stat | undefined;
  /** Returns the activator's statistics of the last second (`ActivatorStats.report`). */
  readonly activatorStats: (now: Time) => ReadonlyMap<RevisionKey, Stat>;
  /** Called when the PodAutoscaler of this revision must be reconciled. */
  readonly onAdvice: (revision: RevisionKey) => void;
  /** Resource usage of pods and `spec.replicas` of the Deployment. If absent, the HPA class does not scale. */
  readonly usage?: {
    pods(revision: RevisionKey, resource: HpaResource): readonly PodUsage[];
    replicas(revision: RevisionKey): number | undefined;
  };
  /** Called with an error text when collecting statistics starts to fail, and with "" when it works again. */
  readonly onCollection?: (revision: RevisionKey, error: string) => void;
}

interface Scraped {
  readonly stableWindowMs: number;
  error: string;
}

interface PeriodicTimer {
  readonly due: Time;
  readonly timer: Disposable;
  /** Runs the callback and sets the timer of the next period. */
  readonly fire: () => void;
}

export class AutoscalerTick {
  readonly autoscaler: Autoscaler;
  readonly #options: TickOptions;
  readonly #pods = new ReadyPods();
  readonly #podAutoscalers = new Map<RevisionKey, Stored<PodAutoscaler>>();
  readonly #scraped = new Map<RevisionKey, Scraped>();
  readonly #timers = new Map<RevisionKey | "collect", PeriodicTimer>();
  /** The difference of `clock` and `statsClock`. It changes when `clock` jumps. */
  #offsetMs: number;
  /** Seconds by which `clock` has jumped forward since the last collection. */
  #jumped = 0;

  constructor(options: TickOptions) {
    this.#options = options;
    this.autoscaler = new Autoscaler({
      readyPods: (revision) => this.#pods.count(revision),
      onAdvice: options.onAdvice,
    });
    this.#offsetMs = this.#readOffset();
    this.#every("collect", COLLECT_EVERY_MS, options.clock.now(), (due) => this.#collect(due));
  }

  /** Applies a store event. The first events must be an ADDED event for each existing object. */
  observe({ type, object }: Pick<WatchEvent, "type" | "object">): void {
    const gone = type === "DELETED";
    if (object.kind === "Pod") this.#pods.observe(object as Stored<Pod>, gone);
    else if (object.kind === "PodAutoscaler") this.#observePodAutoscaler(object as Stored<PodAutoscaler>, gone);
    else if (object.kind === "Metric") this.#observeMetric(object as Stored<Metric>, gone);
  }

  readyPods(revision: RevisionKey): number {
    return this.#pods.count(revision);
  }

  /** Applies a changed config-autoscaler to all deciders. */
  configure(): void {
    for (const pa of this.#podAutoscalers.values()) this.#observePodAutoscaler(pa, false);
  }

  /** Handles the stat that the activator sends at once for a revision's first request. */
  receive(revision: RevisionKey, stat: Stat): void {
    this.#followJump();
    this.autoscaler.receive(revision, stat, this.#options.clock.now());
  }

  close(): void {
    for (const { timer } of this.#timers.values()) timer[Symbol.dispose]();
    this.#timers.clear();
  }

  #observePodAutoscaler(pa: Stored<PodAutoscaler>, gone: boolean): void {
    const revision = revisionKeyOf(pa);
    if (gone) {
      this.autoscaler.forget(revision);
      this.#podAutoscalers.delete(revision);
      this.#scraped.delete(revision);
      this.#timers.get(revision)?.timer[Symbol.dispose]();
      this.#timers.delete(revision);
      return;
    }
    this.#podAutoscalers.set(revision, pa);
    const config = this.#options.config();
    const now = this.#options.clock.now();
    if (classOf(pa, config) === HPA_CLASS && !this.#timers.has(revision))
      this.#every(revision, HPA_PERIOD_MS, now, () => this.#evaluateHpa(revision));
    const spec = deciderSpecOf(pa, config);
    if (!spec) return;
    if (this.autoscaler.follow(revision, spec, now))
      this.#every(revision, DECIDE_EVERY_MS, now, () => this.#evaluate(revision));
  }

  /** Collects overdue statistics first. Without them a revision looks idle after the process was blocked. */
  #evaluate(revision: RevisionKey): void {
    const now = this.#options.clock.now();
    const collection = this.#timers.get("collect");
    if (collection && collection.due < now) {
      collection.timer[Symbol.dispose]();
      collection.fire();
    }
    this.autoscaler.evaluate(revision, now);
  }

  #evaluateHpa(revision: RevisionKey): void {
    const { usage, config, clock } = this.#options;
    const pa = this.#podAutoscalers.get(revision);
    const current = usage?.replicas(revision);
    if (!pa || !usage || current === undefined) return;
    const resource = hpaResourceOf(pa);
    const pods = resource ? usage.pods(revision, resource) : [];
    const spec = makeHpaSpec(pa, config());
    this.autoscaler.evaluateHpa(revision, { spec, resource, current, pods }, clock.now());
  }

  #observeMetric(metric: Stored<Metric>, gone: boolean): void {
    const revision = revisionKeyOf(metric);
    const error = this.#scraped.get(revision)?.error ?? "";
    this.#scraped.delete(revision);
    if (gone) {
      this.autoscaler.stopCollecting(revision);
      return;
    }
    const spec = collectionSpecOf(metric);
    // As in Knative, a scraped Metric without the revision's label is not collected. Its condition reports the error.
    if (spec.scraped && !metric.metadata.labels?.[REVISION_LABEL]) return;
    this.autoscaler.collect(revision, spec, this.#options.clock.now());
    if (spec.scraped) this.#scraped.set(revision, { stableWindowMs: spec.stableWindowMs, error });
  }

  /**
   * Records statistics in the second in which they were due. If the timer is late, records them in each missed second
   * too, because a second without statistics counts as idle. Seconds by which the clock jumped are not missed: the
   * statistics do not cover them.
   */
  #collect(due: Time): void {
    const { activatorStats, podStat, random, onCollection, clock } = this.#options;
    const now = clock.now();
    const late = Math.floor((now - due) / COLLECT_EVERY_MS);
    const time = due + late * COLLECT_EVERY_MS;
    this.#followJump();
    const seconds = 1 + Math.max(0, late - this.#jumped);
    this.#jumped = 0;
    for (const [revision, stat] of activatorStats(now)) this.autoscaler.receive(revision, stat, time, seconds);
    for (const [revision, scraped] of this.#scraped) {
      const pods = this.#pods.list(revision);
      const { stableWindowMs } = scraped;
      const stat = scrape({ pods, stableWindowMs, now: time, random, podStat: (pod) => podStat(pod, now) });
      if (stat) this.autoscaler.record(revision, stat, seconds);
      const error = stat || pods.length === 0 ? "" : "pods exhausted";
      if (error === scraped.error) continue;
      scraped.error = error;
      onCollection?.(revision, error);
    }
  }

  /** Moves the recorded statistics along if the clock has jumped forward. Otherwise one second would replace them. */
  #followJump(): void {
    const before = this.#offsetMs;
    this.#offsetMs = this.#readOffset();
    const seconds = Math.floor((this.#offsetMs - before) / COLLECT_EVERY_MS);
    if (seconds <= 0) return;
    this.#jumped += seconds;
    this.autoscaler.shift(seconds * COLLECT_EVERY_MS);
  }

  #readOffset(): number {
    const { clock, statsClock = clock } = this.#options;
    return clock.now() - statsClock.now();
  }

  /** Calls `run` at multiples of the period after `start`. Skips periods that a late timer missed. */
  #every(name: RevisionKey | "collect", periodMs: number, start: Time, run: (due: Time) => void): void {
    const { clock } = this.#options;
    const due = start + (Math.floor((clock.now() - start) / periodMs) + 1) * periodMs;
    const fire = (): void => {
      this.#every(name, periodMs, start, run);
      run(due);
    };
    this.#timers.set(name, { due, timer: clock.at(due, fire), fire });
  }
}

/** Returns the key of the revision, which has the name of its PodAutoscaler and Metric. */
function revisionKeyOf(object: Stored<PodAutoscaler> | Stored<Metric>): RevisionKey {
  return namespacedName(object.metadata);
}

/**
 * Returns the decider's parameters; undefined if the PodAutoscaler is of another class, has no owner labels, or has no
 * private service yet.
 * @see pkg/reconciler/autoscaling/kpa/kpa.go
 */
function deciderSpecOf(pa: PodAutoscaler, config: AutoscalerConfig): DeciderSpec | undefined {
  if (classOf(pa, config) !== KPA_CLASS) return undefined;
  if (OWNER_LABELS.some((label) => !pa.metadata.labels?.[label])) return undefined;
  if (!pa.status?.metricsServiceName) return undefined;
  return makeDeciderSpec(pa, config);
}

/** @see pkg/reconciler/metric/metric.go */
function collectionSpecOf(metric: Metric): CollectionSpec {
  return {
    stableWindowMs: windowMsOf(metric.spec.stableWindow),
    panicWindowMs: windowMsOf(metric.spec.panicWindow),
    scraped: metric.spec.scrapeTarget !== "",
    weighted: isWeighted(metric.metadata.annotations),
  };
}

/** Limits a window to what annotations allow, because a Metric that a user writes can have any number. */
function windowMsOf(nanoseconds: number): number {
  return Math.min(Math.max(nanoseconds / 1e6, BUCKET_MS), LONGEST_WINDOW_MS);
}
