// Makes the schemas of OpenAPI documents: one per kind and list, and those of metadata and Status.
import { deleteOptions } from "../apis/fields/core.ts";
import { kindStruct } from "../apis/fields/meta.ts";
import { isCustom, type Resource } from "../apis/kinds.ts";
import { mergeSchemaOf } from "../apis/schema/merge-schema.ts";
import { goSchema, type Schema } from "../apis/schema/schema.ts";

const META = "io.k8s.apimachinery.pkg.apis.meta.v1.";
export const STATUS = `${META}Status`;
export const DELETE_OPTIONS = `${META}DeleteOptions`;
export const PATCH = `${META}Patch`;

/** Where references to schemas point: OpenAPI 3 and 2 have different places. */
export type References = "#/components/schemas/" | "#/definitions/";

/** Returns `dev.knative.serving.v1.Service`, or `io.k8s.api.core.v1.Pod` for a built-in kind. */
export function schemaName(resource: Resource, suffix: "" | "List" = ""): string {
  const { group, version, name } = resource;
  const domain = isCustom(resource)
    ? group.split(".").reverse().join(".")
    : `io.k8s.api.${group.split(".")[0] || "core"}`;
  return `${domain}.${version}.${name}${suffix}`;
}

/** Returns the schemas of the resources and of everything that they refer to, by name. */
export function namedSchemas(found: readonly Resource[], at: References): Readonly<Record<string, object>> {
  const kinds = found.flatMap((resource) => [
    [schemaName(resource), kindSchema(resource, at)] as const,
    [schemaName(resource, "List"), listSchema(resource, at)] as const,
  ]);
  return { ...Object.fromEntries(kinds), ...sharedSchemas() };
}

const VERSION = { type: "string", description: "The group and version of the object's schema." } as const;
const KIND = { type: "string", description: "The kind of the object, in camel case." } as const;

function kindSchema(resource: Resource, at: References): object {
  const { group, version, name } = resource;
  const { properties = {}, ...schema } = openApiSchema(mergeSchemaOf(resource.kind)) as {
    readonly properties?: object;
  };
  return {
    ...schema,
    properties: {
      ...properties,
      apiVersion: VERSION,
      kind: KIND,
      metadata: reference(at, `${META}ObjectMeta`, "Standard metadata of the object."),
    },
    "x-kubernetes-group-version-kind": [{ group, version, kind: name }],
  };
}

const free: Schema = { type: "object", preserveUnknown: true };

function listSchema(resource: Resource, at: References): object {
  const { group, version, name, plural } = resource;
  return {
    description: `${name}List is a list of ${name}`,
    type: "object",
    required: ["items"],
    properties: {
      apiVersion: VERSION,
      items: { description: `List of ${plural}.`, type: "array", items: { $ref: at + schemaName(resource) } },
      kind: KIND,
      metadata: reference(at, `${META}ListMeta`, "Standard metadata of the list."),
    },
    "x-kubernetes-group-version-kind": [{ group, version, kind: `${name}List` }],
  };
}

/** OpenAPI 3 allows no description beside a reference. */
function reference(at: References, name: string, description: string): object {
  const $ref = at + name;
  return at === "#/definitions/" ? { description, $ref } : { description, allOf: [{ $ref }] };
}

function sharedSchemas(): Readonly<Record<string, object>> {
  const object = goSchema(kindStruct("PartialObjectMetadata", {})).properties?.["metadata"] ?? free;
  const text: Schema = { type: "string" };
  const list: Schema = {
    type: "object",
    properties: {
      continue: text,
      remainingItemCount: { type: "integer", format: "int64" },
      resourceVersion: text,
      selfLink: text,
    },
  };
  const status: Schema = {
    type: "object",
    properties: {
      apiVersion: text,
      code: { type: "integer", format: "int32" },
      details: free,
      kind: text,
      message: text,
      metadata: free,
      reason: text,
      status: text,
    },
  };
  return {
    [`${META}ObjectMeta`]: openApiSchema(object),
    [`${META}ListMeta`]: openApiSchema(list),
    [DELETE_OPTIONS]: openApiSchema(goSchema(deleteOptions)),
    [PATCH]: { type: "object", description: "A patch: its form is that of the media type." },
    [STATUS]: openApiSchema(status),
  };
}

/** Returns a schema with the keywords of OpenAPI. */
export function openApiSchema(schema: Schema): object {
  const { preserveUnknown, intOrString, properties, additionalProperties, items, ...keywords } = schema;
  const { listKeys, mergeKey, set, atomic, repeatable: _, noNullItems: _noNull, ...plain } = keywords;
  const each = properties && Object.entries(properties).map(([name, inner]) => [name, openApiSchema(inner)] as const);
  return {
    ...plain,
    ...(each && { properties: Object.fromEntries(each) }),
    ...(additionalProperties && { additionalProperties: openApiSchema(additionalProperties) }),
    ...(items && { items: openApiSchema(items) }),
    ...(preserveUnknown && { "x-kubernetes-preserve-unknown-fields": true }),
    ...(intOrString && { "x-kubernetes-int-or-string": true }),
    ...(listKeys && { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": listKeys }),
    // Without these, kubectl's patches replace the list, and the server merges it.
    ...(mergeKey !== undefined && { "x-kubernetes-patch-merge-key": mergeKey }),
    ...((mergeKey !== undefined || set) && { "x-kubernetes-patch-strategy": "merge" }),
    ...(set && { "x-kubernetes-list-type": "set" }),
    ...(atomic && { "x-kubernetes-map-type": "atomic" }),
  };
}
