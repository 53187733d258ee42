// Reads labels, annotations and container properties of a Revision for its children.
// Source: pkg/reconciler/revision/resources/meta.go.
import { hasPorts, servingContainer } from "../../../apis/core/pod.ts";
import type { Container, EnvVar } from "../../../apis/core/pod-spec.ts";
import type { Stored, StringMap } from "../../../apis/meta/object.ts";
import {
  AUTOSCALING_GROUP,
  DIRTY_ANNOTATION,
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
  DIRTY_ANNOTATION,
];

/** Returns the Revision's labels without its routing state, plus name, uid and `app` (unless the user set `app`). */
export function childLabels(revision: Stored<Revision>): StringMap {
  const { name, uid } = revision.metadata;
  const labels = without(revision.metadata.labels, (key) => OWN_LABELS.includes(key));
  return { ...labels, [REVISION_LABEL]: name, [REVISION_UID_LABEL]: uid, app: labels["app"] ?? name };
}

/** Returns the Revision's annotations without those that only a Revision has. */
export function autoscalerAnnotations(revision: Stored<Revision>): StringMap {
  return without(revision.metadata.annotations, (key) => OWN_ANNOTATIONS.includes(key));
}

/** Like {@link autoscalerAnnotations}, but without autoscaling annotations: new scale bounds must not replace pods. */
export function deploymentAnnotations(revision: Stored<Revision>): StringMap {
  return without(
    revision.metadata.annotations,
    (key) => OWN_ANNOTATIONS.includes(key) || key.startsWith(AUTOSCALING_GROUP),
  );
}

const DEFAULT_USER_PORT = 8080;

/** Returns true if the container gets the requests. */
export function isServing(container: Container, revision: Stored<Revision>): boolean {
  return revision.spec.containers.length === 1 || hasPorts(container);
}

/** Returns the port of the serving container; default 8080. */
export function userPort(revision: Stored<Revision>): number {
  return servingContainer(revision.spec.containers)?.ports?.[0]?.containerPort || DEFAULT_USER_PORT;
}

/** Returns `h2c` if the serving port has this name, else `http1`. */
export function protocolOf(revision: Stored<Revision>): "http1" | "h2c" {
  return servingContainer(revision.spec.containers)?.ports?.[0]?.name === "h2c" ? "h2c" : "http1";
}

/** Returns the name of the Configuration that owns the Revision, or "". */
export function configurationOf(revision: Stored<Revision>): string {
  const owner = revision.metadata.ownerReferences?.find((reference) => reference.controller === true);
  return owner?.kind === "Configuration" ? owner.name : "";
}

/** Makes an environment variable. Omits an empty value, as Go's encoder does. */
export function named(name: string, value: string | undefined): EnvVar {
  return value ? { name, value } : { name };
}
