// The autoscaler's heartbeat on a Clock: statistics every second, a decision of each decider every two seconds from its creation, deciders and
// collections as the store's objects come and go. The only file of this room with side effects; it opens no sockets.

import { HPA_CLASS } from "../../apis/autoscaling/annotations.ts";
import type { Metric, PodAutoscaler, RevisionKey, Stat } from "../../apis/autoscaling/types.ts";
import type { AutoscalerConfig } from "../../apis/config/types.ts";
import type { Pod } from "../../apis/core/types.ts";
import type { Stored } from "../../apis/meta/object.ts";
import type { Clock, Time } from "../../base/clock.ts";
import type { WatchEvent } from "../store/view.ts";
import { Autoscaler } from "./autoscaler.ts";
import { classOf } from "./decider-spec.ts";
import { collectionSpecOf, deciderSpecOf, revisionKeyOf } from "./follow.ts";
import { HPA_PERIOD_MS, type PodUsage } from "./hpa-decision.ts";
import { type HpaResource, hpaResourceOf, makeHpaSpec } from "./hpa-spec.ts";
import { COLLECT_EVERY_MS, DECIDE_EVERY_MS } from "./periods.ts";
import { type ReadyPod, ReadyPods } from "./ready-pods.ts";
import { scrape } from "./scrape.ts";

export interface TickOptions {
  readonly clock: Clock;
  /** In [0, 1): which pods of many are asked. */
  readonly random: () => number;
  readonly config: () => AutoscalerConfig;
  /** The last closed second of a pod's queue-proxy; undefined when it does not answer. */
  readonly podStat: (pod: ReadyPod, now: Time) => Stat | undefined;
  /** What the activator reports each second (`ActivatorStats.report`). */
  readonly activatorStats: (now: Time) => ReadonlyMap<RevisionKey, Stat>;
  /** The PodAutoscaler of this revision must be reconciled. */
  readonly onAdvice: (revision: RevisionKey) => void;
  /** For the HPA class: pods with their use of a resource, and the Deployment's replicas. Absent: only the bounds hold. */
  readonly usage?: {
    pods(revision: RevisionKey, resource: HpaResource): readonly PodUsage[];
    replicas(revision: RevisionKey): number | undefined;
  };
  /** Collection began to fail (text), or works again (""). */
  readonly onCollection?: (revision: RevisionKey, error: string) => void;
}

interface Scraped {
  readonly stableWindowMs: number;
  error: string;
}

export class AutoscalerTick {
  readonly autoscaler: Autoscaler;
  readonly #options: TickOptions;
  readonly #pods = new ReadyPods();
  readonly #podAutoscalers = new Map<RevisionKey, PodAutoscaler>();
  readonly #scraped = new Map<RevisionKey, Scraped>();
  readonly #timers = new Map<RevisionKey | "collect", Disposable>();

  constructor(options: TickOptions) {
    this.#options = options;
    this.autoscaler = new Autoscaler({
      readyPods: (revision) => this.#pods.count(revision),
      onAdvice: options.onAdvice,
    });
    this.#every("collect", COLLECT_EVERY_MS, options.clock.now(), (due) => this.#collect(due));
  }

  /** Every event of the store goes here, in order; also the objects there already are, as ADDED. */
  observe({ type, object }: Pick<WatchEvent, "type" | "object">): void {
    const gone = type === "DELETED";
    if (object.kind === "Pod") this.#pods.observe(object as Stored<Pod>, gone);
    else if (object.kind === "PodAutoscaler") this.#observePodAutoscaler(object as PodAutoscaler, gone);
    else if (object.kind === "Metric") this.#observeMetric(object as Metric, gone);
  }

  /** Ready pods of a revision, as the decider counts them. */
  readyPods(revision: RevisionKey): number {
    return this.#pods.count(revision);
  }

  /** config-autoscaler changed: all deciders take its new numbers. */
  configure(): void {
    for (const pa of this.#podAutoscalers.values()) this.#observePodAutoscaler(pa, false);
  }

  /** A stat the activator sends outside its report: the first request of a revision. */
  receive(revision: RevisionKey, stat: Stat): void {
    this.autoscaler.receive(revision, stat, this.#options.clock.now());
  }

  close(): void {
    for (const timer of this.#timers.values()) timer[Symbol.dispose]();
    this.#timers.clear();
  }

  #observePodAutoscaler(pa: PodAutoscaler, gone: boolean): void {
    const revision = revisionKeyOf(pa);
    if (gone) {
      this.autoscaler.forget(revision);
      this.#podAutoscalers.delete(revision);
      this.#scraped.delete(revision);
      this.#timers.get(revision)?.[Symbol.dispose]();
      this.#timers.delete(revision);
      return;
    }
    this.#podAutoscalers.set(revision, pa);
    const config = this.#options.config();
    const now = this.#options.clock.now();
    if (classOf(pa, config) === HPA_CLASS && !this.#timers.has(revision))
      this.#every(revision, HPA_PERIOD_MS, now, () => this.#lookAsHpa(revision));
    const spec = deciderSpecOf(pa, config);
    if (!spec) return;
    if (this.autoscaler.follow(revision, spec, now))
      this.#every(revision, DECIDE_EVERY_MS, now, () => {
        this.autoscaler.evaluate(revision, this.#options.clock.now());
      });
  }

  #lookAsHpa(revision: RevisionKey): void {
    const { usage, config, clock } = this.#options;
    const pa = this.#podAutoscalers.get(revision);
    const current = usage?.replicas(revision);
    if (!pa || !usage || current === undefined) return;
    const resource = hpaResourceOf(pa);
    const pods = resource ? usage.pods(revision, resource) : [];
    const spec = makeHpaSpec(pa, config());
    this.autoscaler.evaluateHpa(revision, { spec, resource, current, pods }, clock.now());
  }

  #observeMetric(metric: Metric, gone: boolean): void {
    const revision = revisionKeyOf(metric);
    const error = this.#scraped.get(revision)?.error ?? "";
    this.#scraped.delete(revision);
    if (gone) {
      this.autoscaler.stopCollecting(revision);
      return;
    }
    const spec = collectionSpecOf(metric);
    this.autoscaler.collect(revision, spec, this.#options.clock.now());
    if (spec.scraped) this.#scraped.set(revision, { stableWindowMs: spec.stableWindowMs, error });
  }

  /** Statistics belong to the second they were due in: a callback that is a little late would put two of them into one bucket. */
  #collect(due: Time): void {
    const { activatorStats, podStat, random, onCollection, clock } = this.#options;
    const now = clock.now();
    for (const [revision, stat] of activatorStats(now)) this.autoscaler.receive(revision, stat, due);
    for (const [revision, scraped] of this.#scraped) {
      const pods = this.#pods.list(revision);
      const { stableWindowMs } = scraped;
      const stat = scrape({ pods, stableWindowMs, now: due, random, ask: (pod) => podStat(pod, now) });
      if (stat) this.autoscaler.record(revision, stat);
      const error = stat || pods.length === 0 ? "" : "pods exhausted";
      if (error === scraped.error) continue;
      scraped.error = error;
      onCollection?.(revision, error);
    }
  }

  /** Periods count from `start` and are never made up for: a late clock skips. */
  #every(name: RevisionKey | "collect", periodMs: number, start: Time, run: (due: Time) => void): void {
    const { clock } = this.#options;
    const next = start + (Math.floor((clock.now() - start) / periodMs) + 1) * periodMs;
    this.#timers.set(
      name,
      clock.at(next, () => {
        this.#every(name, periodMs, start, run);
        run(next);
      }),
    );
  }
}
