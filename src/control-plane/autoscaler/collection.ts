// The statistics collected for one revision: concurrency and requests per second, each over the stable and the panic window. It knows nothing of
// where stats come from. Follows pkg/autoscaler/metrics/collector.go.
import type { Stat } from "../../apis/autoscaling/types.ts";
import type { Time } from "../../base/clock.ts";
import { Window } from "./window.ts";

export type ScalingMetric = "concurrency" | "rps";

/** What a Metric asks for. The algorithm counts only when the collection is created. */
export interface CollectionSpec {
  readonly stableWindowMs: number;
  readonly panicWindowMs: number;
  /** False when the activator is always in the path: then silence is a valid zero. */
  readonly scraped: boolean;
  readonly weighted: boolean;
}

export interface Averages {
  readonly stable: number;
  readonly panic: number;
}

/** Living state: one per Metric. */
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

  /** When the newest statistics were taken. */
  get newest(): Time {
    return this.#newest;
  }

  /** Adds what did not come through an activator; whoever forwarded the rest reports it. */
  record(stat: Stat): void {
    this.#newest = Math.max(this.#newest, stat.time);
    const concurrency = stat.averageConcurrentRequests - stat.averageProxiedConcurrentRequests;
    const rps = stat.requestCount - stat.proxiedRequestCount;
    this.#windows.concurrency.stable.record(stat.time, concurrency);
    this.#windows.concurrency.panic.record(stat.time, concurrency);
    this.#windows.rps.stable.record(stat.time, rps);
    this.#windows.rps.panic.record(stat.time, rps);
  }

  /** The Metric changed: all windows take the new lengths. */
  update(spec: CollectionSpec, now: Time): void {
    this.#scraped = spec.scraped;
    for (const pair of Object.values(this.#windows)) {
      pair.stable.resize(spec.stableWindowMs, now);
      pair.panic.resize(spec.panicWindowMs, now);
    }
  }

  /** undefined: no data, which is not zero. */
  read(metric: ScalingMetric, now: Time): Averages | undefined {
    const { stable, panic } = this.#windows[metric];
    if (this.#scraped && stable.isEmpty(now)) return undefined;
    return this.#weighted
      ? { stable: stable.weightedAverage(now), panic: panic.weightedAverage(now) }
      : { stable: stable.linearAverage(now), panic: panic.linearAverage(now) };
  }
}
