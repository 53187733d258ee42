// What the activator tells the autoscaler: per revision the accounting of RequestStats, plus the message that the first request sends at once and
// the correction it needs later. It sends nothing itself; the caller hands the stats on.
import type { RevisionKey, Stat } from "../../apis/autoscaling/types.ts";
import type { Time } from "../../base/clock.ts";
import { RequestStats } from "./request-stats.ts";

interface Entry {
  readonly stats: RequestStats;
  /** 1 in the period whose first request was already reported, else 0. */
  reported: 0 | 1;
}

/** Follows pkg/activator/handler/concurrency_reporter.go: call {@link report} every second and pass on all that it and {@link started} return. */
export class ActivatorStats {
  readonly #podName: string;
  readonly #entries = new Map<RevisionKey, Entry>();

  constructor(podName: string) {
    this.#podName = podName;
  }

  /** The request arrived (before it waits for a pod). Returns the stat to send at once if the revision was not known. */
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

  /** The answer is complete, or the client is gone. */
  ended(revision: RevisionKey, now: Time): void {
    this.#entries.get(revision)?.stats.ended(now, false);
  }

  /** One stat per known revision. A revision idle for the whole period is reported once more, as zero, and then forgotten. */
  report(now: Time): ReadonlyMap<RevisionKey, Stat> {
    const stats = new Map<RevisionKey, Stat>();
    for (const [revision, entry] of this.#entries) {
      const period = entry.stats.report(now);
      const concurrency = Math.max(0, period.averageConcurrentRequests - entry.reported);
      stats.set(revision, this.#stat(concurrency, period.requestCount - entry.reported, now));
      entry.reported = 0;
      // Go's clock has nanoseconds: there an average of 0 says that no request came. Ours may see one begin and end in the same ms.
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
