// Plans for a Metric: reports whether the autoscaler can collect it. Source: pkg/reconciler/metric/metric.go.
import type { Metric } from "../../../apis/autoscaling/types.ts";
import { type Condition, metricConditions } from "../../../apis/meta/conditions.ts";
import { namespacedName } from "../../../apis/meta/key.ts";
import { REVISION_LABEL } from "../../../apis/serving/labels.ts";
import type { Inquiry, Reconciler } from "../../controller/reconciler.ts";
import { knativePlanner, type Pass } from "../pass.ts";

const KIND = "Metric.autoscaling.internal.knative.dev";

export const metricPlanner: Reconciler<typeof KIND> = knativePlanner({
  name: "metric",
  kind: KIND,
  conditions: metricConditions,
  reconcile: reconcileMetric,
});

/** Reports an error in the condition only. A retry is of no use: the next answer enqueues the Metric. */
function reconcileMetric(pass: Pass<typeof KIND>): undefined {
  const { object, world, at } = pass;
  const inquiry: Inquiry = { ask: "MetricCollection", revision: namespacedName(object.metadata) };
  pass.plan.ask.push(inquiry);
  const conditions = pass.status.conditions ?? [];
  // Until there is an answer, collection counts as working.
  const error = missingLabel(object) ?? world.answer(inquiry)?.error ?? "";
  pass.status = { ...pass.status, conditions: withReady(conditions, error, at) };
}

/** Returns Knative's error text for a Metric whose pods cannot be found. */
function missingLabel({ metadata, spec }: Metric): string | undefined {
  if (spec.scrapeTarget === "" || metadata.labels?.[REVISION_LABEL]) return undefined;
  return `label "${REVISION_LABEL}" not found or empty in Metric ${metadata.name}`;
}

function withReady(conditions: readonly Condition[], error: string, at: string): readonly Condition[] {
  switch (error) {
    case "":
      return metricConditions.markTrue(conditions, "Ready", at);
    case "no-endpoints": {
      const message = "failed to get endpoints";
      return metricConditions.markUnknown(conditions, "Ready", at, { reason: "NoEndpoints", message });
    }
    case "no-stat": {
      const message = "did not receive stat from an unscraped pod";
      return metricConditions.markFalse(conditions, "Ready", at, { reason: "DidNotReceiveStat", message });
    }
    default: {
      const message = `Failed to reconcile metric collection: ${error}`;
      return metricConditions.markFalse(conditions, "Ready", at, { reason: "CollectionFailed", message });
    }
  }
}
