// Which Revision of a Configuration is the latest ready one.
// Source: pkg/reconciler/configuration/configuration.go (findAndSetLatestReadyRevision).

import { isReady } from "../../../apis/meta/conditions.ts";
import type { Stored } from "../../../apis/meta/object.ts";
import { CONFIGURATION_GENERATION_LABEL, CONFIGURATION_LABEL } from "../../../apis/serving/labels.ts";
import type { Configuration, Revision } from "../../../apis/serving/types.ts";
import { sameJson } from "../../../base/json.ts";
import type { View } from "../../store/view.ts";
import { isControlledBy } from "../ownership.ts";

/**
 * The newest ready Revision that is not older than the present latest ready one (any, when that one is gone).
 * A ready Revision of the name that the template brings comes first, however old it is.
 */
export function latestReadyRevision(configuration: Stored<Configuration>, view: View): Revision | undefined {
  const { name, namespace, generation } = configuration.metadata;
  const brought = configuration.spec.template.metadata?.name;
  const latest = configuration.status?.latestReadyRevisionName;
  const current = latest ? view.get("Revision.serving.knative.dev", namespace, latest) : undefined;
  const from = current ? generationOf(current) : 0;
  return view
    .list("Revision.serving.knative.dev", { namespace, labels: { matchLabels: { [CONFIGURATION_LABEL]: name } } })
    .filter((revision) => {
      if (!isReady(revision)) return false;
      const its = generationOf(revision);
      return revision.metadata.name === brought || current === undefined || (its >= from && its <= generation);
    })
    .toSorted((a, b) => rank(b, brought) - rank(a, brought))[0];
}

function rank(revision: Stored<Revision>, brought: string | undefined): number {
  return revision.metadata.name === brought ? Number.POSITIVE_INFINITY : generationOf(revision);
}

function generationOf(revision: Stored<Revision>): number {
  return Number(revision.metadata.labels?.[CONFIGURATION_GENERATION_LABEL] ?? 0);
}

/** True when the Revision of that name may stand for the Configuration's present generation. */
export function isOurs(revision: Stored<Revision>, configuration: Stored<Configuration>): boolean {
  if (!isControlledBy(revision, configuration)) return false;
  const generation = revision.metadata.labels?.[CONFIGURATION_GENERATION_LABEL];
  // Going back to an older name is fine as long as it stands for the same spec.
  return (
    generation === String(configuration.metadata.generation) ||
    sameJson(revision.spec, configuration.spec.template.spec)
  );
}

/** True when a Revision of that name exists and cannot stand for the Configuration's present generation. */
export function isRevisionNameTaken(configuration: Stored<Configuration>, name: string, view: View): boolean {
  const revision = view.get("Revision.serving.knative.dev", configuration.metadata.namespace, name);
  return revision !== undefined && !isOurs(revision, configuration);
}
