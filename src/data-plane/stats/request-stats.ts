// Request accounting of one pod or one revision: time-weighted concurrency and counts over a report period. It keeps no clock of its own and
// allocates nothing per request.
import type { Time } from "../../base/clock.ts";

/** What one period held. Concurrency is the time-weighted mean of requests in flight; counts are starts in the period. */
export interface PeriodReport {
  readonly averageConcurrentRequests: number;
  readonly averageProxiedConcurrentRequests: number;
  readonly requestCount: number;
  readonly proxiedRequestCount: number;
}

/**
 * Averages over report periods, as networking/pkg/http/stats/request.go does: in flight persists, the rest starts anew with each report.
 * `proxied` marks requests that an activator forwarded; those count in both totals. Times may come out of order: a step back is ignored.
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

  /** `proxied` must be what it was when the request started. */
  ended(now: Time, proxied: boolean): void {
    this.#integrate(now);
    this.#inFlight -= 1;
    if (proxied) this.#proxiedInFlight -= 1;
  }

  /** Closes the period; averages are 0 when no time has passed in it. */
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
