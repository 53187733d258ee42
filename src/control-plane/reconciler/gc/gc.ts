// Deletes unused Revisions according to config-gc.
// Source: pkg/reconciler/gc/gc.go.
import type { ServingConfig } from "../../../apis/config/types.ts";
import { keyOf, type ObjectKey } from "../../../apis/meta/key.ts";
import type { Stored } from "../../../apis/meta/object.ts";
import {
  CONFIGURATION_LABEL,
  NO_GC_ANNOTATION,
  ROUTING_STATE_LABEL,
  ROUTING_STATE_MODIFIED_ANNOTATION,
} from "../../../apis/serving/labels.ts";
import type { Configuration, Revision } from "../../../apis/serving/types.ts";
import type { Time } from "../../../base/clock.ts";
import { parseTime } from "../../../base/time.ts";
import type { Plan, Reconciler } from "../../controller/reconciler.ts";

const KIND = "Configuration.serving.knative.dev";

export const gcPlanner: Reconciler<typeof KIND> = {
  name: "gc",
  kind: KIND,
  watches: (changed): readonly ObjectKey[] => {
    const name = changed.kind === "Revision" ? changed.metadata.labels?.[CONFIGURATION_LABEL] : undefined;
    return name === undefined ? [] : [{ kind: KIND, namespace: changed.metadata.namespace ?? "", name }];
  },
  reconcile: (configuration, world): Plan<typeof KIND> => {
    if (configuration.metadata.deletionTimestamp !== undefined) return {};
    const { name, namespace } = configuration.metadata;
    const labels = { matchLabels: { [CONFIGURATION_LABEL]: name } };
    const revisions = world.list("Revision.serving.knative.dev", { namespace, labels });
    const unneeded = chooseUnneeded(configuration, revisions, world.config.gc, world.now);
    return {
      retire: unneeded.map((revision) => ({ key: keyOf(revision), uid: revision.metadata.uid })),
    };
  },
};

/**
 * Returns the Revisions to delete: first stale ones, while more than minNonActiveRevisions remain; then Revisions of
 * any age, while more than maxNonActiveRevisions remain. Each group is in the order of last activity, oldest first.
 */
export function chooseUnneeded(
  configuration: Stored<Configuration>,
  revisions: readonly Stored<Revision>[],
  limits: ServingConfig["gc"],
  now: Time,
): readonly Revision[] {
  const { retainSinceCreateTimeMs, retainSinceLastActiveTimeMs, minNonActiveRevisions: min } = limits;
  const max = limits.maxNonActiveRevisions;
  const ageless = retainSinceCreateTimeMs === undefined && retainSinceLastActiveTimeMs === undefined;
  if ((ageless && max === undefined) || revisions.length <= min) return [];
  const candidates = revisions
    .filter((revision) => isUnneeded(revision, configuration))
    .toSorted((a, b) => lastActive(a) - lastActive(b));
  if (candidates.length <= min) return [];
  const stale = ageless ? [] : candidates.filter((revision) => isStale(revision, limits, now));
  const byAge = stale.slice(0, candidates.length - min);
  if (byAge.length === candidates.length - min) return byAge;
  const left = candidates.filter((revision) => !byAge.includes(revision));
  const surplus = max === undefined ? 0 : Math.max(0, left.length - max);
  return [...byAge, ...left.slice(0, surplus)];
}

function isUnneeded({ metadata }: Revision, configuration: Stored<Configuration>): boolean {
  return (
    metadata.labels?.[ROUTING_STATE_LABEL] === "reserve" &&
    metadata.name !== configuration.status?.latestReadyRevisionName &&
    metadata.annotations?.[NO_GC_ANNOTATION]?.toLowerCase() !== "true"
  );
}

/** Returns true if the Revision is older than both limits. An undefined limit does not count. */
function isStale(revision: Stored<Revision>, limits: ServingConfig["gc"], now: Time): boolean {
  const { retainSinceCreateTimeMs: created, retainSinceLastActiveTimeMs: active } = limits;
  return (
    (created === undefined || createdAt(revision) + created <= now) &&
    (active === undefined || lastActive(revision) + active <= now)
  );
}

function createdAt({ metadata }: Stored<Revision>): Time {
  return parseTime(metadata.creationTimestamp) ?? 0;
}

/** Returns when the routing state last changed, or else the creation time. */
function lastActive(revision: Stored<Revision>): Time {
  const modified = revision.metadata.annotations?.[ROUTING_STATE_MODIFIED_ANNOTATION] ?? "";
  return parseTime(modified) ?? createdAt(revision);
}
