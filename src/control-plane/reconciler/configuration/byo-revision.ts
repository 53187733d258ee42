// Revision names that users bring: when such a name may be used again and when it is taken.
// Source: pkg/reconciler/configuration/configuration.go (CheckNameAvailability).

import { CONFIGURATION_GENERATION_LABEL } from "../../../apis/serving/labels.ts";
import type { Configuration, Revision } from "../../../apis/serving/types.ts";
import { sameJson } from "../../../base/json.ts";
import type { View } from "../../store/view.ts";
import { isControlledBy } from "../ownership.ts";

/** True when the Revision of that name may stand for the Configuration's present generation. */
export function isOurs(revision: Revision, configuration: Configuration): boolean {
  if (!isControlledBy(revision, configuration)) return false;
  const generation = revision.metadata.labels?.[CONFIGURATION_GENERATION_LABEL];
  // Going back to an older name is fine as long as it stands for the same spec.
  return (
    generation === String(configuration.metadata.generation ?? 0) ||
    sameJson(revision.spec, configuration.spec.template.spec)
  );
}

/** True when a Revision of that name exists and cannot stand for the Configuration's present generation. */
export function isRevisionNameTaken(configuration: Configuration, name: string, view: View): boolean {
  const revision = view.get("Revision.serving.knative.dev", configuration.metadata.namespace ?? "", name);
  return revision !== undefined && !isOurs(revision, configuration);
}
