// Averages concurrency and requests per second of one revision over the stable and the panic window.
// Follows pkg/autoscaler/metrics/collector.go.
import type { Stat } from "../../apis/autoscaling/types.ts";
import type { Time } from "../../base/clock.ts";
import { BUCKET_MS, Window } from "./window.ts";

export type ScalingMetric = "concurrency" | "rps";

/** The settings of a {@link Collection}, from a Metric object. */
export interface CollectionSpec {
  readonly stableWindowMs: number;
  readonly panicWindowMs: number;
  /** False if all requests pass the activator. A missing stat then means zero requests instead of "no data". */
  readonly scraped: boolean;
  /** Use weighted instead of linear averages. {@link Collection.update} ignores this field. */
  readonly weighted: boolean;
}

export interface Averages {
  readonly stable: number;
  readonly panic: number;
}

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

  /** Returns the time of the newest stat. */
  get newest(): Time {
    return this.#newest;
  }

  /** Adds a stat of the last `seconds`. Subtracts the proxied requests, because the activator reports them too. */
  record(stat: Stat, seconds = 1): void {
    this.#newest = Math.max(this.#newest, stat.time);
    const { concurrency, rps } = this.#windows;
    const buckets = Math.min(seconds, Math.ceil(concurrency.stable.windowMs / BUCKET_MS));
    for (let time = stat.time - (buckets - 1) * BUCKET_MS; time <= stat.time; time += BUCKET_MS) {
      for (const window of [concurrency.stable, concurrency.panic])
        window.record(time, stat.averageConcurrentRequests - stat.averageProxiedConcurrentRequests);
      for (const window of [rps.stable, rps.panic])
        window.record(time, (stat.requestCount - stat.proxiedRequestCount) / seconds);
    }
  }

  /** Adds whole seconds to the time of all statistics. */
  shift(byMs: number): void {
    this.#newest += byMs;
    for (const { stable, panic } of Object.values(this.#windows)) {
      stable.shift(byMs);
      panic.shift(byMs);
    }
  }

  /** Sets new window lengths. */
  update(spec: CollectionSpec, now: Time): void {
    this.#scraped = spec.scraped;
    for (const pair of Object.values(this.#windows)) {
      pair.stable.resize(spec.stableWindowMs, now);
      pair.panic.resize(spec.panicWindowMs, now);
    }
  }

  /** Returns undefined if the window has no data. */
  read(metric: ScalingMetric, now: Time): Averages | undefined {
    const { stable, panic } = this.#windows[metric];
    if (this.#scraped && stable.isEmpty(now)) return undefined;
    return this.#weighted
      ? { stable: stable.weightedAverage(now), panic: panic.weightedAverage(now) }
      : { stable: stable.linearAverage(now), panic: panic.linearAverage(now) };
  }
}
