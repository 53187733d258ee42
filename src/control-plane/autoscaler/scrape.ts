// Reads the statistics of a sample of a revision's pods and extrapolates to all pods.
// Follows pkg/autoscaler/metrics/{stats_scraper,sample_size}.go.
import type { Stat } from "../../apis/autoscaling/types.ts";
import type { Time } from "../../base/clock.ts";
import type { ReadyPod } from "./ready-pods.ts";

/** Sample size of an infinite population for 95 % confidence, margin 5, population variance 100: 1.96² · 100 / 5². */
const SAMPLING = 15.3664;
const ASK_ALL = 3;

/** Returns how many of `pods` pods to read: all of up to 3 pods, 16 of 1000. */
export function sampleSize(pods: number): number {
  return pods <= ASK_ALL ? pods : Math.ceil((pods * SAMPLING) / (pods + SAMPLING - 1));
}

interface Scrape {
  readonly pods: readonly ReadyPod[];
  readonly stableWindowMs: number;
  readonly now: Time;
  /** In [0, 1). */
  readonly random: () => number;
  /** undefined: the pod did not answer. */
  readonly podStat: (pod: ReadyPod) => Stat | undefined;
}

/**
 * Returns the stat of all pods together; undefined without pods or if too few answer. Reads pods that are at least as
 * old as the stable window first, and replaces a pod that does not answer by the next pod.
 */
export function scrape({ pods, stableWindowMs, now, random, podStat }: Scrape): Stat | undefined {
  if (pods.length === 0) return undefined;
  const size = sampleSize(pods.length);
  const sum = {
    averageConcurrentRequests: 0,
    averageProxiedConcurrentRequests: 0,
    requestCount: 0,
    proxiedRequestCount: 0,
  };
  let answers = 0;
  for (const pod of inOrder(pods, size, now - stableWindowMs, random)) {
    const stat = podStat(pod);
    if (!stat) continue;
    sum.averageConcurrentRequests += stat.averageConcurrentRequests;
    sum.averageProxiedConcurrentRequests += stat.averageProxiedConcurrentRequests;
    sum.requestCount += stat.requestCount;
    sum.proxiedRequestCount += stat.proxiedRequestCount;
    answers += 1;
    if (answers === size) break;
  }
  if (answers < size) return undefined;
  const all = (total: number): number => (total / size) * pods.length;
  return {
    podName: "scraped",
    averageConcurrentRequests: all(sum.averageConcurrentRequests),
    averageProxiedConcurrentRequests: all(sum.averageProxiedConcurrentRequests),
    requestCount: all(sum.requestCount),
    proxiedRequestCount: all(sum.proxiedRequestCount),
    processUptime: 0,
    time: now,
  };
}

function inOrder(pods: readonly ReadyPod[], size: number, bornBy: Time, random: () => number): readonly ReadyPod[] {
  if (size === pods.length) return pods;
  const old = pods.filter((pod) => pod.startedAt <= bornBy);
  const young = pods.filter((pod) => pod.startedAt > bornBy);
  return old.length < size ? [...old, ...shuffled(young, random)] : [...shuffled(old, random), ...young];
}

function shuffled<T>(list: readonly T[], random: () => number): readonly T[] {
  const copy = [...list];
  for (let last = copy.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [copy[last], copy[other]] = [copy[other] as T, copy[last] as T];
  }
  return copy;
}
