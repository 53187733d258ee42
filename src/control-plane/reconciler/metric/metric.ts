// Plans for a Metric: shows whether the autoscaler can collect it. Source: pkg/reconciler/metric/metric.go.
import { metricConditions as set } from "../../../apis/meta/conditions.ts";
import { namespacedName } from "../../../apis/meta/key.ts";
import type { Inquiry, Reconciler } from "../../controller/reconciler.ts";
import { knativePlanner, type Pass, type ReconcileError } from "../pass.ts";

const KIND = "Metric.autoscaling.internal.knative.dev";

export const metricPlanner: Reconciler<typeof KIND> = knativePlanner({
  name: "metric",
  kind: KIND,
  conditions: set,
  reconcile: reconcileMetric,
});

function reconcileMetric(pass: Pass<typeof KIND>): ReconcileError {
  const inquiry: Inquiry = { ask: "MetricCollection", revision: namespacedName(pass.object.metadata) };
  pass.plan.ask.push(inquiry);
  // No answer yet counts as success.
  const cause = pass.world.answer(inquiry)?.error ?? "";
  const conditions = pass.status.conditions ?? [];
  const mark = (next: typeof conditions): void => {
    pass.status = { ...pass.status, conditions: next };
  };
  switch (cause) {
    case "":
      mark(set.markTrue(conditions, "Ready", pass.at));
      return undefined;
    case "no-endpoints": {
      const message = "failed to get endpoints";
      mark(set.markUnknown(conditions, "Ready", pass.at, { reason: "NoEndpoints", message }));
      return undefined;
    }
    case "no-stat": {
      const message = "did not receive stat from an unscraped pod";
      mark(set.markFalse(conditions, "Ready", pass.at, { reason: "DidNotReceiveStat", message }));
      return undefined;
    }
    default: {
      const message = `Failed to reconcile metric collection: ${cause}`;
      mark(set.markFalse(conditions, "Ready", pass.at, { reason: "CollectionFailed", message }));
      return `failed to initiate or update scraping: ${cause}`;
    }
  }
}
