import { describe, expect, test } from "vitest";
import type { Metric } from "../../../../src/apis/autoscaling/types.ts";
import { makeServingConfig } from "../../../../src/apis/config/serving-config.ts";
import { metricPlanner } from "../../../../src/control-plane/reconciler/metric/metric.ts";
import { metricOf, podAutoscaler } from "../../../support/scaling.ts";
import { asStored, makeStore } from "../../../support/store.ts";
import { makeWorld } from "../../../support/world.ts";

const { config } = makeServingConfig(new Map());

describe("a Metric", () => {
  const ready = (metric: Metric, error: string) => {
    const world = makeWorld(makeStore(), config, { answer: () => ({ error }) as never });
    const { status, error: failure, events } = metricPlanner.reconcile(asStored(metric), world);
    expect([failure, events]).toEqual([undefined, undefined]);
    return status?.conditions?.[0];
  };
  const metric = metricOf(podAutoscaler(), config.autoscaler);

  test.each([
    ["", { status: "True" }],
    ["no-endpoints", { status: "Unknown", reason: "NoEndpoints", message: "failed to get endpoints" }],
    [
      "no-stat",
      {
        status: "False",
        reason: "DidNotReceiveStat",
        message: "did not receive stat from an unscraped pod",
      },
    ],
    [
      "pods exhausted",
      {
        status: "False",
        reason: "CollectionFailed",
        message: "Failed to reconcile metric collection: pods exhausted",
      },
    ],
  ])("a Metric reports the error %j in its condition and is not retried (11 E3)", (error, condition) => {
    expect(ready(metric, error)).toMatchObject(condition);
  });

  test("a scraped Metric without the revision's label cannot be collected (11 E3)", () => {
    const { labels: _, ...metadata } = metric.metadata;
    const message =
      'Failed to reconcile metric collection: label "serving.knative.dev/revision" not found or empty in Metric hello-00001';
    expect(ready({ ...metric, metadata }, "")).toMatchObject({ status: "False", reason: "CollectionFailed", message });
    expect(ready({ ...metric, metadata, spec: { ...metric.spec, scrapeTarget: "" } }, "")).toMatchObject({
      status: "True",
    });
  });
});
