// Defines the names of labels and annotations of Knative and of kubectl, and of those that several rooms of knap use.
// Source: pkg/apis/serving/register.go, networking/pkg/apis/networking/register.go, pkg/apis/autoscaling/register.go.
import type { ObjectMeta } from "../meta/object.ts";

export const CONFIGURATION_LABEL = "serving.knative.dev/configuration";
export const CONFIGURATION_GENERATION_LABEL = "serving.knative.dev/configurationGeneration";
export const CONFIGURATION_UID_LABEL = "serving.knative.dev/configurationUID";
export const SERVICE_LABEL = "serving.knative.dev/service";
export const SERVICE_UID_LABEL = "serving.knative.dev/serviceUID";
export const REVISION_LABEL = "serving.knative.dev/revision";
export const REVISION_UID_LABEL = "serving.knative.dev/revisionUID";
export const ROUTE_LABEL = "serving.knative.dev/route";
export const ROUTE_NAMESPACE_LABEL = "serving.knative.dev/routeNamespace";
export const ROUTING_STATE_LABEL = "serving.knative.dev/routingState";
export const DEPLOYMENT_HASH_LABEL = "serving.knative.dev/deployment-hash";
export const DOMAIN_MAPPING_UID_LABEL = "serving.knative.dev/domainMappingUID";
export const DOMAIN_MAPPING_NAMESPACE_LABEL = "serving.knative.dev/domainMappingNamespace";
export const VISIBILITY_LABEL = "networking.knative.dev/visibility";
export const CLUSTER_LOCAL = "cluster-local";
/** Names the ServerlessService of a Service or Endpoints. */
export const SERVERLESS_SERVICE_LABEL = "networking.internal.knative.dev/serverlessservice";
export const SERVICE_TYPE_LABEL = "networking.internal.knative.dev/serviceType";
export const CERTIFICATE_TYPE_LABEL = "networking.knative.dev/certificate-type";
export const WILDCARD_LABEL = "networking.knative.dev/wildcardDomain";

export const ROUTES_ANNOTATION = "serving.knative.dev/routes";
export const ROUTING_STATE_MODIFIED_ANNOTATION = "serving.knative.dev/routingStateModified";
export const CREATOR_ANNOTATION = "serving.knative.dev/creator";
export const LAST_MODIFIER_ANNOTATION = "serving.knative.dev/lastModifier";
export const NO_GC_ANNOTATION = "serving.knative.dev/no-gc";
export const LAST_PINNED_ANNOTATION = "serving.knative.dev/lastPinned";
export const PROGRESS_DEADLINE_ANNOTATION = "serving.knative.dev/progress-deadline";
export const ROLLOUT_DURATION_ANNOTATIONS = [
  "serving.knative.dev/rollout-duration",
  "serving.knative.dev/rolloutDuration",
] as const;
export const LAST_APPLIED_ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration";
export const DEFAULT_CONTAINER_ANNOTATION = "kubectl.kubernetes.io/default-container";
export const INGRESS_CLASS_ANNOTATION = "networking.knative.dev/ingress.class";
export const CERTIFICATE_CLASS_ANNOTATION = "networking.knative.dev/certificate.class";
export const ROLLOUT_STATE_ANNOTATION = "networking.internal.knative.dev/rollout";
export const TAG_TO_HOST_ANNOTATION = "networking.internal.knative.dev/tag-to-host";
export const AUTOSCALING_GROUP = "autoscaling.knative.dev";
export const AUTOSCALING_PREFIX = `${AUTOSCALING_GROUP}/`;
export const AUTOSCALING_CLASS_ANNOTATION = "autoscaling.knative.dev/class";
export const AUTOSCALING_METRIC_ANNOTATION = "autoscaling.knative.dev/metric";
export const FULL_DUPLEX_ANNOTATION = "features.knative.dev/http-full-duplex";
export const POD_INFO_ANNOTATION = "features.knative.dev/queueproxy-podinfo";

/** On a Revision while its instance is debugged. Its pods and its PodAutoscaler inherit it. @see debug.ts */
export const DEBUG_ANNOTATION = "knap.dev/debug";

/** The number of synced files in which instances of a Revision differ from its image; absent: none. */
export const DIRTY_ANNOTATION = "knap.dev/dirty";

/** Returns the number of synced files of a Revision; 0: none. */
export function dirtyOf({ annotations }: Pick<ObjectMeta, "annotations">): number {
  return Number(annotations?.[DIRTY_ANNOTATION] ?? 0);
}

/** Returns a copy of the map without the keys that `dropped` accepts. */
export function without(
  map: Readonly<Record<string, string>> | undefined,
  dropped: (key: string) => boolean,
): Record<string, string> {
  return Object.fromEntries(Object.entries(map ?? {}).filter(([key]) => !dropped(key)));
}

/** Returns the value of the first of `keys` that is present. Keys are the preferred name, then its older spellings. */
export function firstOf(
  map: Readonly<Record<string, string>> | undefined,
  keys: readonly string[],
): string | undefined {
  for (const key of keys) if (map?.[key] !== undefined) return map[key];
  return undefined;
}
