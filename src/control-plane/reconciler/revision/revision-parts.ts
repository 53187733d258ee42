// Labels and annotations that a Revision hands to what it owns (Deployment, pods, PodAutoscaler, Image).
// Source: pkg/reconciler/revision/resources/meta.go.

import { hasPorts, servingContainer } from "../../../apis/core/pod.ts";
import type { Container } from "../../../apis/core/pod-spec.ts";
import type { Stored, StringMap } from "../../../apis/meta/object.ts";
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
export function childLabels(revision: Stored<Revision>): StringMap {
  const { name, uid } = revision.metadata;
  const labels = without(revision.metadata.labels, (key) => OWN_LABELS.includes(key));
  return { ...labels, [REVISION_LABEL]: name, [REVISION_UID_LABEL]: uid, app: labels["app"] ?? name };
}

/** The Revision's annotations less those that only the Revision itself has. */
export function autoscalerAnnotations(revision: Stored<Revision>): StringMap {
  return without(revision.metadata.annotations, (key) => OWN_ANNOTATIONS.includes(key));
}

/** The same less everything of the autoscaler: a change of scale bounds must not roll the pods. */
export function deploymentAnnotations(revision: Stored<Revision>): StringMap {
  return without(
    revision.metadata.annotations,
    (key) => OWN_ANNOTATIONS.includes(key) || key.startsWith(AUTOSCALING_GROUP),
  );
}

const DEFAULT_USER_PORT = 8080;

/** True when this container of the Revision is (or would be taken as) the serving one. */
export function isServing(container: Container, revision: Stored<Revision>): boolean {
  return revision.spec.containers.length === 1 || hasPorts(container);
}

/** The port that the user's container listens on; 8080 when it names none. */
export function userPort(revision: Stored<Revision>): number {
  return servingContainer(revision.spec.containers)?.ports?.[0]?.containerPort || DEFAULT_USER_PORT;
}

/** `h2c` when the serving port is named so, else `http1`. */
export function protocolOf(revision: Stored<Revision>): "http1" | "h2c" {
  return servingContainer(revision.spec.containers)?.ports?.[0]?.name === "h2c" ? "h2c" : "http1";
}

/** The Configuration that stamped this Revision, by its controller reference; "" for a Revision of its own. */
export function configurationOf(revision: Stored<Revision>): string {
  const owner = revision.metadata.ownerReferences?.find((reference) => reference.controller === true);
  return owner?.kind === "Configuration" ? owner.name : "";
}
