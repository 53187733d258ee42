import { describe, expect, test } from "vitest";
import type { Stat } from "../../../../src/apis/autoscaling/types.ts";
import type { ReadyPod } from "../../../../src/control-plane/autoscaler/ready-pods.ts";
import { sampleSize, scrape } from "../../../../src/control-plane/autoscaler/scrape.ts";

const pods = (count: number, startedAt = 0): ReadyPod[] =>
  Array.from({ length: count }, (_, index) => ({ namespace: "default", name: `pod-${startedAt}-${index}`, startedAt }));
const stat = (concurrency: number): Stat => ({
  podName: "pod",
  averageConcurrentRequests: concurrency,
  averageProxiedConcurrentRequests: 0,
  requestCount: 0,
  proxiedRequestCount: 0,
  processUptime: 1,
  time: 0,
});

describe("scraping", () => {
  test.each([
    [3, 3],
    [4, 4],
    [5, 4],
    [6, 5],
    [7, 6],
    [10, 7],
    [12, 7],
    [15, 8],
    [20, 9],
    [25, 10],
    [50, 12],
    [100, 14],
    [1000, 16],
  ])("of %i pods %i are scraped", (all, scraped) => {
    expect(sampleSize(all)).toBe(scraped);
  });

  test("the scraper extrapolates a sample to all pods", () => {
    const scraped: string[] = [];
    const podStat = (pod: ReadyPod) => {
      scraped.push(pod.name);
      return stat(2);
    };
    const result = scrape({ pods: pods(20), stableWindowMs: 60_000, now: 100_000, random: () => 0.5, podStat });
    expect(scraped).toHaveLength(9);
    expect(result?.averageConcurrentRequests).toBe(40);
  });

  test("the scraper prefers old pods", () => {
    const scraped: string[] = [];
    const all = [...pods(5, 99_000), ...pods(8, 0)];
    const podStat = (pod: ReadyPod) => {
      scraped.push(pod.name);
      return stat(1);
    };
    scrape({ pods: all, stableWindowMs: 60_000, now: 100_000, random: () => 0, podStat });
    expect(scraped.every((name) => name.startsWith("pod-0-"))).toBe(true);
  });

  test("the scraper replaces a pod that does not respond, and records nothing if too few respond", () => {
    const silent = (quiet: number) => {
      let count = 0;
      return () => (count++ < quiet ? undefined : stat(1));
    };
    const run = (quiet: number, of: number) =>
      scrape({ pods: pods(of), stableWindowMs: 0, now: 0, random: () => 0, podStat: silent(quiet) });
    expect(run(3, 10)?.averageConcurrentRequests).toBe(10);
    expect(run(4, 10)).toBeUndefined();
    expect(run(1, 2)).toBeUndefined();
    expect(run(0, 0)).toBeUndefined();
  });

  test("the scraper records idle pods as zero", () => {
    const result = scrape({ pods: pods(1), stableWindowMs: 0, now: 5, random: () => 0, podStat: () => stat(0) });
    expect(result).toMatchObject({ averageConcurrentRequests: 0, time: 5 });
  });
});
