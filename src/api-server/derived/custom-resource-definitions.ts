// Derives the CustomResourceDefinitions of Knative's kinds, which exist as long as the namespace knative-serving.
import { SYSTEM_NAMESPACE } from "../../apis/config/serving-config.ts";
import type { CustomResourceDefinition } from "../../apis/core/derived-types.ts";
import { isCustom, type Resource, resources } from "../../apis/kinds.ts";
import type { Stored } from "../../apis/meta/object.ts";
import { mergeSchemaOf } from "../../apis/schema/merge-schema.ts";
import { openApiSchema } from "../openapi-schemas.ts";
import { derivedMetadata } from "./derived-metadata.ts";
import { derivation } from "./derived-reader.ts";

export const customResourceDefinitions = derivation(
  "Namespace",
  () => SYSTEM_NAMESPACE,
  (namespace) =>
    namespace.metadata.name === SYSTEM_NAMESPACE
      ? resources.filter(isCustom).map((resource) => makeDefinition(namespace, resource))
      : [],
);

function makeDefinition(namespace: Stored, resource: Resource): Stored<CustomResourceDefinition> {
  const {
    group,
    version,
    name: kind,
    plural,
    singular,
    shortNames,
    categories,
    namespaced,
    statusSubresource,
  } = resource;
  const names = { plural, singular, shortNames, kind, listKind: `${kind}List`, categories };
  const lastTransitionTime = namespace.metadata.creationTimestamp;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: derivedMetadata(namespace, {
      kind: "CustomResourceDefinition",
      name: `${plural}.${group}`,
      labels: { "app.kubernetes.io/name": SYSTEM_NAMESPACE, "knative.dev/crd-install": "true" },
    }) as Stored<CustomResourceDefinition>["metadata"],
    spec: {
      group,
      names,
      scope: namespaced ? "Namespaced" : "Cluster",
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: openApiSchema(mergeSchemaOf(resource.kind)) },
          ...(statusSubresource && { subresources: { status: {} } }),
        },
      ],
      conversion: { strategy: "None" },
    },
    status: {
      conditions: [
        {
          type: "NamesAccepted",
          status: "True",
          reason: "NoConflicts",
          message: "no conflicts found",
          lastTransitionTime,
        },
        {
          type: "Established",
          status: "True",
          reason: "InitialNamesAccepted",
          message: "the initial names have been accepted",
          lastTransitionTime,
        },
      ],
      acceptedNames: names,
      storedVersions: [version],
    },
  };
}
