// Which Revision of a Configuration is the latest ready one.
// Source: pkg/reconciler/configuration/configuration.go (findAndSetLatestReadyRevision).
import { isReady } from "../../../apis/meta/conditions.ts";
import { CONFIGURATION_GENERATION_LABEL, CONFIGURATION_LABEL } from "../../../apis/serving/labels.ts";
import type { Configuration, Revision } from "../../../apis/serving/types.ts";
import type { View } from "../../store/view.ts";

/**
 * The newest ready Revision that is not older than the present latest ready one (any, when that one is gone).
 * A ready Revision of the name that the template brings comes first, however old it is.
 */
export function latestReadyRevision(configuration: Configuration, view: View): Revision | undefined {
  const { name, namespace = "", generation = 0 } = configuration.metadata;
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

function rank(revision: Revision, brought: string | undefined): number {
  return revision.metadata.name === brought ? Number.POSITIVE_INFINITY : generationOf(revision);
}

function generationOf(revision: Revision): number {
  return Number(revision.metadata.labels?.[CONFIGURATION_GENERATION_LABEL] ?? 0);
}
