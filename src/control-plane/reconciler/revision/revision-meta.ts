// Labels and annotations that a Revision hands to what it owns (Deployment, pods, PodAutoscaler, Image).
// Source: pkg/reconciler/revision/resources/meta.go.
import type { StringMap } from "../../../apis/meta/object.ts";
import {
  AUTOSCALING_GROUP,
  LAST_PINNED_ANNOTATION,
  NO_GC_ANNOTATION,
  REVISION_LABEL,
  REVISION_UID_LABEL,
  ROUTE_LABEL,
  ROUTES_ANNOTATION,
  ROUTING_STATE_LABEL,
  ROUTING_STATE_MODIFIED_ANNOTATION,
  without,
} from "../../../apis/serving/labels.ts";
import type { Revision } from "../../../apis/serving/types.ts";

const OWN_LABELS = [ROUTE_LABEL, ROUTING_STATE_LABEL];
const OWN_ANNOTATIONS = [
  LAST_PINNED_ANNOTATION,
  NO_GC_ANNOTATION,
  ROUTING_STATE_MODIFIED_ANNOTATION,
  ROUTES_ANNOTATION,
];

/** The Revision's labels less its routing state, plus its name, its uid and `app` (unless the user chose one). */
export function childLabels(revision: Revision): StringMap {
  const { name, uid = "" } = revision.metadata;
  const labels = without(revision.metadata.labels, (key) => OWN_LABELS.includes(key));
  return { ...labels, [REVISION_LABEL]: name, [REVISION_UID_LABEL]: uid, app: labels["app"] ?? name };
}

/** The Revision's annotations less those that only the Revision itself has. */
export function autoscalerAnnotations(revision: Revision): StringMap {
  return without(revision.metadata.annotations, (key) => OWN_ANNOTATIONS.includes(key));
}

/** The same less everything of the autoscaler: a change of scale bounds must not roll the pods. */
export function deploymentAnnotations(revision: Revision): StringMap {
  return without(
    revision.metadata.annotations,
    (key) => OWN_ANNOTATIONS.includes(key) || key.startsWith(AUTOSCALING_GROUP),
  );
}
