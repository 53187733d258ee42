// Counts the activator's requests by revision. Reports a revision's first request at once, and not again in the report.
import type { RevisionKey, Stat } from "../../apis/autoscaling/types.ts";
import type { Time } from "../../base/clock.ts";
import { RequestStats } from "./request-stats.ts";

interface Entry {
  readonly stats: RequestStats;
  /** 1 in the period whose first request was already reported, else 0. */
  reported: 0 | 1;
}

/**
 * The caller sends the results of {@link report} (every second) and {@link started} to the autoscaler.
 * @see pkg/activator/handler/concurrency_reporter.go
 */
export class ActivatorStats {
  readonly #podName: string;
  readonly #entries = new Map<RevisionKey, Entry>();

  constructor(podName: string) {
    this.#podName = podName;
  }

  /** Counts a request when it arrives, before any wait. Returns the stat to send at once if the revision is new. */
  started(revision: RevisionKey, now: Time): Stat | undefined {
    const known = this.#entries.get(revision);
    if (known) {
      known.stats.started(now, false);
      return undefined;
    }
    const entry: Entry = { stats: new RequestStats(now), reported: 1 };
    entry.stats.started(now, false);
    this.#entries.set(revision, entry);
    return this.#stat(1, 1, now);
  }

  /** The response is complete, or the client has left. */
  ended(revision: RevisionKey, now: Time): void {
    this.#entries.get(revision)?.stats.ended(now, false);
  }

  /** One stat per known revision. A revision without requests in the period is reported as zero once, then removed. */
  report(now: Time): ReadonlyMap<RevisionKey, Stat> {
    const stats = new Map<RevisionKey, Stat>();
    for (const [revision, entry] of this.#entries) {
      const period = entry.stats.report(now);
      const concurrency = Math.max(0, period.averageConcurrentRequests - entry.reported);
      stats.set(revision, this.#stat(concurrency, period.requestCount - entry.reported, now));
      entry.reported = 0;
      // A request can start and end in one millisecond, so an average of 0 alone does not show that no request arrived.
      const idle = period.averageConcurrentRequests === 0 && period.requestCount === 0;
      if (idle && entry.stats.inFlight === 0) this.#entries.delete(revision);
    }
    return stats;
  }

  #stat(averageConcurrentRequests: number, requestCount: number, time: Time): Stat {
    return {
      podName: this.#podName,
      averageConcurrentRequests,
      averageProxiedConcurrentRequests: 0,
      requestCount,
      proxiedRequestCount: 0,
      processUptime: 0,
      time,
    };
  }
}
