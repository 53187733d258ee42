// Counts requests of one pod or revision and averages their concurrency over report periods.
import type { Time } from "../../base/clock.ts";

/** Concurrency is the time-weighted mean. The counts include the requests that started in the period. */
export interface PeriodReport {
  readonly averageConcurrentRequests: number;
  readonly averageProxiedConcurrentRequests: number;
  readonly requestCount: number;
  readonly proxiedRequestCount: number;
}

/**
 * `proxied`: the activator forwarded the request. Both totals include proxied requests. A time before the latest one is
 * ignored. @see networking/pkg/http/stats/request.go
 */
export class RequestStats {
  #inFlight = 0;
  #proxiedInFlight = 0;
  #requests = 0;
  #proxiedRequests = 0;
  #concurrencyMs = 0;
  #proxiedConcurrencyMs = 0;
  #elapsedMs = 0;
  #lastChange: Time;

  constructor(startedAt: Time) {
    this.#lastChange = startedAt;
  }

  /** Requests in flight now. */
  get inFlight(): number {
    return this.#inFlight;
  }

  started(now: Time, proxied: boolean): void {
    this.#integrate(now);
    this.#requests += 1;
    this.#inFlight += 1;
    if (!proxied) return;
    this.#proxiedRequests += 1;
    this.#proxiedInFlight += 1;
  }

  /** `proxied` must have the same value as at the start. */
  ended(now: Time, proxied: boolean): void {
    this.#integrate(now);
    this.#inFlight -= 1;
    if (proxied) this.#proxiedInFlight -= 1;
  }

  /** Ends the period. Averages are 0 if no time has passed. */
  report(now: Time): PeriodReport {
    this.#integrate(now);
    const elapsedMs = this.#elapsedMs;
    const report: PeriodReport = {
      averageConcurrentRequests: elapsedMs > 0 ? this.#concurrencyMs / elapsedMs : 0,
      averageProxiedConcurrentRequests: elapsedMs > 0 ? this.#proxiedConcurrencyMs / elapsedMs : 0,
      requestCount: this.#requests,
      proxiedRequestCount: this.#proxiedRequests,
    };
    this.#requests = 0;
    this.#proxiedRequests = 0;
    this.#concurrencyMs = 0;
    this.#proxiedConcurrencyMs = 0;
    this.#elapsedMs = 0;
    return report;
  }

  #integrate(now: Time): void {
    const passedMs = now - this.#lastChange;
    if (passedMs <= 0) return;
    this.#concurrencyMs += this.#inFlight * passedMs;
    this.#proxiedConcurrencyMs += this.#proxiedInFlight * passedMs;
    this.#elapsedMs += passedMs;
    this.#lastChange = now;
  }
}
