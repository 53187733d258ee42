// Makes the Revision of a Configuration's current generation.
// Source: pkg/reconciler/configuration/resources/revision.go.
import { childName } from "../../../apis/meta/names.ts";
import type { Stored } from "../../../apis/meta/object.ts";
import {
  CONFIGURATION_GENERATION_LABEL,
  CONFIGURATION_LABEL,
  CONFIGURATION_UID_LABEL,
  CREATOR_ANNOTATION,
  DEBUG_ANNOTATION,
  LAST_MODIFIER_ANNOTATION,
  ROUTES_ANNOTATION,
  ROUTING_STATE_LABEL,
  ROUTING_STATE_MODIFIED_ANNOTATION,
  SERVICE_LABEL,
  SERVICE_UID_LABEL,
} from "../../../apis/serving/labels.ts";
import type { Configuration, Revision } from "../../../apis/serving/types.ts";
import { controllerReference } from "../ownership.ts";

/** Returns the name in the template, else for example `hello-00003`. */
function revisionName(configuration: Stored<Configuration>): string {
  const templateName = configuration.spec.template.metadata?.name;
  if (templateName) return templateName;
  const generation = String(configuration.metadata.generation).padStart(5, "0");
  return childName(configuration.metadata.name, `-${generation}`);
}

/** `at`: when the routing state begins, in RFC 3339. */
export function makeRevision(configuration: Stored<Configuration>, at: string): Revision {
  const { metadata, spec } = configuration;
  const { labels, annotations: wanted, ...rest } = spec.template.metadata ?? {};
  // Debugging is a state of one Revision: a new one would be held without a debug session that ends it.
  const { [DEBUG_ANNOTATION]: _, ...annotations } = wanted ?? {};
  const routes = metadata.annotations?.[ROUTES_ANNOTATION];
  const modifier = metadata.annotations?.[LAST_MODIFIER_ANNOTATION];
  const service = metadata.labels?.[SERVICE_LABEL];
  const serviceUid = metadata.labels?.[SERVICE_UID_LABEL];
  return {
    apiVersion: "serving.knative.dev/v1",
    kind: "Revision",
    metadata: {
      ...rest,
      name: revisionName(configuration),
      namespace: metadata.namespace,
      labels: {
        ...labels,
        [CONFIGURATION_LABEL]: metadata.name,
        ...(service === undefined ? {} : { [SERVICE_LABEL]: service }),
        [CONFIGURATION_GENERATION_LABEL]: String(metadata.generation),
        [CONFIGURATION_UID_LABEL]: metadata.uid,
        ...(serviceUid === undefined ? {} : { [SERVICE_UID_LABEL]: serviceUid }),
        [ROUTING_STATE_LABEL]: routes ? "active" : "pending",
      },
      annotations: {
        ...annotations,
        ...(modifier === undefined ? {} : { [CREATOR_ANNOTATION]: modifier }),
        ...(routes ? { [ROUTES_ANNOTATION]: routes } : {}),
        [ROUTING_STATE_MODIFIED_ANNOTATION]: at,
      },
      ownerReferences: [...(rest.ownerReferences ?? []), controllerReference(configuration)],
    },
    spec: spec.template.spec,
  };
}
