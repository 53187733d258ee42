// Collects the statistics of one revision: concurrency and requests per second, each over the stable and the panic
// window. Follows pkg/autoscaler/metrics/collector.go.
import type { Stat } from "../../apis/autoscaling/types.ts";
import type { Time } from "../../base/clock.ts";
import { Window } from "./window.ts";

export type ScalingMetric = "concurrency" | "rps";

/** The settings of a Metric. */
export interface CollectionSpec {
  readonly stableWindowMs: number;
  readonly panicWindowMs: number;
  /** False if the activator is always in the request path: then missing statistics mean zero, not "no data". */
  readonly scraped: boolean;
  /** Weighted instead of linear averages. Later changes have no effect on an existing collection. */
  readonly weighted: boolean;
}

export interface Averages {
  readonly stable: number;
  readonly panic: number;
}

/** The collected statistics of one Metric. */
export class Collection {
  readonly #weighted: boolean;
  readonly #windows: Readonly<Record<ScalingMetric, { readonly stable: Window; readonly panic: Window }>>;
  #scraped: boolean;
  #newest: Time = Number.NEGATIVE_INFINITY;

  constructor(spec: CollectionSpec) {
    const pair = () => ({ stable: new Window(spec.stableWindowMs), panic: new Window(spec.panicWindowMs) });
    this.#weighted = spec.weighted;
    this.#scraped = spec.scraped;
    this.#windows = { concurrency: pair(), rps: pair() };
  }

  /** The time of the newest statistics. */
  get newest(): Time {
    return this.#newest;
  }

  /** Adds a stat without its proxied requests: the activator that forwarded them reports them itself. */
  record(stat: Stat): void {
    this.#newest = Math.max(this.#newest, stat.time);
    const concurrency = stat.averageConcurrentRequests - stat.averageProxiedConcurrentRequests;
    const rps = stat.requestCount - stat.proxiedRequestCount;
    this.#windows.concurrency.stable.record(stat.time, concurrency);
    this.#windows.concurrency.panic.record(stat.time, concurrency);
    this.#windows.rps.stable.record(stat.time, rps);
    this.#windows.rps.panic.record(stat.time, rps);
  }

  /** Gives all windows the new lengths. */
  update(spec: CollectionSpec, now: Time): void {
    this.#scraped = spec.scraped;
    for (const pair of Object.values(this.#windows)) {
      pair.stable.resize(spec.stableWindowMs, now);
      pair.panic.resize(spec.panicWindowMs, now);
    }
  }

  /** Returns undefined if there is no data, which differs from zero. */
  read(metric: ScalingMetric, now: Time): Averages | undefined {
    const { stable, panic } = this.#windows[metric];
    if (this.#scraped && stable.isEmpty(now)) return undefined;
    return this.#weighted
      ? { stable: stable.weightedAverage(now), panic: panic.weightedAverage(now) }
      : { stable: stable.linearAverage(now), panic: panic.linearAverage(now) };
  }
}
