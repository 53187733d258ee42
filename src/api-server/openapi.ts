// Makes the parts of OpenAPI v3 that kubectl 1.29 and newer reads: kinds, support for fieldValidation, and field
// descriptions.
import { type Resource, resources } from "../apis/kinds.ts";
import type { Schema } from "../apis/schema/schema.ts";
import { schemaOf } from "../apis/schema/schemas.ts";

const pathOf = ({ group, version }: Resource): string => (group === "" ? `api/${version}` : `apis/${group}/${version}`);

/**
 * Returns the document of `/openapi/v3` or of a group-version; undefined for other paths. The links in the document
 * start with `prefix`.
 */
export function openApi(path: string, prefix: string): unknown {
  if (path === "/openapi/v3") {
    const paths = [...new Set(resources.map(pathOf))];
    return {
      paths: Object.fromEntries(
        paths.map((each) => [each, { serverRelativeURL: `${prefix}/openapi/v3/${each}?hash=1` }]),
      ),
    };
  }
  const found = resources.filter((resource) => path === `/openapi/v3/${pathOf(resource)}`);
  if (found.length === 0) return undefined;
  return {
    openapi: "3.0.0",
    info: { title: "knap", version: "v1" },
    paths: Object.fromEntries(found.map((resource) => [objectPath(resource), { patch: patchOf(resource) }])),
    components: { schemas: Object.fromEntries(found.map((resource) => [schemaName(resource), kindSchema(resource)])) },
  };
}

function objectPath(resource: Resource): string {
  const scope = resource.namespaced ? "namespaces/{namespace}/" : "";
  return `/${pathOf(resource)}/${scope}${resource.plural}/{name}`;
}

const gvk = ({ group, version, name }: Resource): object => ({ group, version, kind: name });
const schemaName = ({ group, version, name }: Resource): string => `${group || "core"}.${version}.${name}`;

function patchOf(resource: Resource): object {
  return {
    operationId: `patch${resource.name}`,
    "x-kubernetes-action": "patch",
    "x-kubernetes-group-version-kind": gvk(resource),
    parameters: [
      { name: "dryRun", in: "query", schema: { type: "string" } },
      // kubectl checks fields itself unless the server's PATCH has this parameter.
      { name: "fieldValidation", in: "query", schema: { type: "string" } },
    ],
    responses: { "200": { description: "OK" } },
  };
}

/** Returns the schema of a kind, or a minimal schema if the kind has none. */
function kindSchema(resource: Resource): object {
  const known = schemaOf(resource.kind);
  return {
    ...(known ? publish(known) : { ...publish(minimalSchema), "x-kubernetes-preserve-unknown-fields": true }),
    "x-kubernetes-group-version-kind": [gvk(resource)],
  };
}

const minimalSchema: Schema = {
  type: "object",
  properties: {
    apiVersion: { type: "string" },
    kind: { type: "string" },
    metadata: { type: "object" },
    spec: { type: "object" },
    status: { type: "object" },
  },
};

/** Returns a schema with the keywords of OpenAPI. */
function publish(schema: Schema): object {
  const { preserveUnknown, intOrString, properties, additionalProperties, items, ...keywords } = schema;
  const { listKeys, set, atomic, repeatable: _, noNullItems: _noNull, ...plain } = keywords;
  const each = properties && Object.entries(properties).map(([name, inner]) => [name, publish(inner)] as const);
  return {
    ...plain,
    ...(each && { properties: Object.fromEntries(each) }),
    ...(additionalProperties && { additionalProperties: publish(additionalProperties) }),
    ...(items && { items: publish(items) }),
    ...(preserveUnknown && { "x-kubernetes-preserve-unknown-fields": true }),
    ...(intOrString && { "x-kubernetes-int-or-string": true }),
    ...(listKeys && { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": listKeys }),
    ...(set && { "x-kubernetes-list-type": "set" }),
    ...(atomic && { "x-kubernetes-map-type": "atomic" }),
  };
}
