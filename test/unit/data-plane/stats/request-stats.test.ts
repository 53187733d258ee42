import { describe, expect, test } from "vitest";
import { ActivatorStats } from "../../../../src/data-plane/stats/activator-stats.ts";
import { RequestStats } from "../../../../src/data-plane/stats/request-stats.ts";

describe("request accounting", () => {
  test("two requests of half a second in one second average to one", () => {
    const stats = new RequestStats(0);
    stats.started(0, false);
    stats.started(0, false);
    stats.ended(500, false);
    stats.ended(500, false);
    expect(stats.report(1000)).toEqual({
      averageConcurrentRequests: 1,
      averageProxiedConcurrentRequests: 0,
      requestCount: 2,
      proxiedRequestCount: 0,
    });
  });

  test("a long request counts as concurrency in every period, as a request only in its first", () => {
    const stats = new RequestStats(0);
    stats.started(250, true);
    expect(stats.report(1000)).toEqual({
      averageConcurrentRequests: 0.75,
      averageProxiedConcurrentRequests: 0.75,
      requestCount: 1,
      proxiedRequestCount: 1,
    });
    const second = stats.report(2000);
    expect(second.averageConcurrentRequests).toBe(1);
    expect(second.requestCount).toBe(0);
    stats.ended(2500, true);
    expect(stats.report(3000).averageProxiedConcurrentRequests).toBe(0.5);
  });

  test("a step back in time adds nothing and does not move the last change", () => {
    const stats = new RequestStats(1000);
    stats.started(1000, false);
    stats.started(400, false);
    stats.ended(1500, false);
    expect(stats.report(2000).averageConcurrentRequests).toBe((2 * 500 + 1 * 500) / 1000);
  });

  test("a period without length averages to zero but keeps its counts", () => {
    const stats = new RequestStats(0);
    stats.started(0, false);
    expect(stats.report(0)).toMatchObject({ averageConcurrentRequests: 0, requestCount: 1 });
  });
});

describe("activator reports", () => {
  const revision = "default/hello-00001";

  test("the first request of a revision is reported at once and subtracted from the next report only", () => {
    const activator = new ActivatorStats("activator");
    expect(activator.started(revision, 0)).toMatchObject({
      averageConcurrentRequests: 1,
      requestCount: 1,
      podName: "activator",
    });
    expect(activator.started(revision, 0)).toBeUndefined();
    expect(activator.report(1000).get(revision)).toMatchObject({ averageConcurrentRequests: 1, requestCount: 1 });
    expect(activator.report(2000).get(revision)).toMatchObject({ averageConcurrentRequests: 2, requestCount: 0 });
  });

  test("the correction never makes concurrency negative", () => {
    const activator = new ActivatorStats("activator");
    activator.started(revision, 0);
    activator.ended(revision, 100);
    expect(activator.report(1000).get(revision)).toMatchObject({ averageConcurrentRequests: 0, requestCount: 0 });
  });

  test("an idle revision is reported once as zero, then forgotten; the next request is a first one again", () => {
    const activator = new ActivatorStats("activator");
    activator.started(revision, 0);
    activator.ended(revision, 500);
    activator.report(1000);
    expect(activator.report(2000).get(revision)).toMatchObject({ averageConcurrentRequests: 0 });
    expect(activator.report(3000).has(revision)).toBe(false);
    expect(activator.started(revision, 3000)).toBeDefined();
  });

  test("a request in flight keeps its revision known, even in a period without length", () => {
    const activator = new ActivatorStats("activator");
    activator.started(revision, 0);
    activator.report(0);
    expect(activator.started(revision, 100)).toBeUndefined();
    activator.ended(revision, 200);
    activator.ended(revision, 200);
    expect(activator.report(1000).get(revision)?.averageConcurrentRequests).toBeCloseTo(0.3, 12);
  });
});
