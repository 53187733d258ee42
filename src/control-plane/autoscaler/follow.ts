// Keeps deciders and collections in step with the store's PodAutoscalers and Metrics. Says what to do; the autoscaler does it.
// Follows pkg/reconciler/autoscaling/kpa/kpa.go and pkg/reconciler/metric/metric.go.

import { KPA_CLASS } from "../../apis/autoscaling/annotations.ts";
import type { Metric, PodAutoscaler, RevisionKey } from "../../apis/autoscaling/types.ts";
import type { AutoscalerConfig } from "../../apis/config/types.ts";
import { CONFIGURATION_LABEL, REVISION_LABEL } from "../../apis/serving/labels.ts";
import type { CollectionSpec } from "./collection.ts";
import type { DeciderSpec } from "./decide.ts";
import { classOf, isWeighted, makeDeciderSpec } from "./decider-spec.ts";

const OWNER_LABELS = [CONFIGURATION_LABEL, REVISION_LABEL];

/** The revision (and PodAutoscaler) that an object of its name belongs to. */
export function revisionKeyOf(object: PodAutoscaler | Metric): RevisionKey {
  return `${object.metadata.namespace ?? ""}/${object.metadata.name}`;
}

/** What the decider of a PodAutoscaler works with; undefined while it must have none: another class, no labels, or no private service yet. */
export function deciderSpecOf(pa: PodAutoscaler, config: AutoscalerConfig): DeciderSpec | undefined {
  if (classOf(pa, config) !== KPA_CLASS) return undefined;
  if (OWNER_LABELS.some((label) => !pa.metadata.labels?.[label])) return undefined;
  if (!pa.status?.metricsServiceName) return undefined;
  return makeDeciderSpec(pa, config);
}

/** What the collection of a Metric works with. */
export function collectionSpecOf(metric: Metric): CollectionSpec {
  return {
    stableWindowMs: metric.spec.stableWindow / 1e6,
    panicWindowMs: metric.spec.panicWindow / 1e6,
    scraped: metric.spec.scrapeTarget !== "",
    weighted: isWeighted(metric.metadata.annotations),
  };
}
