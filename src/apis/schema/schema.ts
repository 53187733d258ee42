// Defines structural schemas with the keywords of CRDs, and derives them from field tables.
import type { Field, FieldFacts, FieldType, ScalarType, StructType } from "../fields/field.ts";

export interface Schema {
  readonly type?: "object" | "array" | "string" | "integer" | "boolean" | undefined;
  readonly format?: "int32" | "int64" | undefined;
  readonly description?: string | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  /** Schema of the values of a map. */
  readonly additionalProperties?: Schema | undefined;
  readonly items?: Schema | undefined;
  readonly required?: readonly string[] | undefined;
  /** Value of the field when it is missing and its parent is not. */
  readonly default?: string | undefined;
  /** `x-kubernetes-preserve-unknown-fields` */
  readonly preserveUnknown?: true | undefined;
  /** `x-kubernetes-int-or-string` */
  readonly intOrString?: true | undefined;
  /** `x-kubernetes-list-map-keys`: these fields identify an item. */
  readonly listKeys?: readonly string[] | undefined;
  /** Validation accepts two items with equal `listKeys`, as the API server does for built-in kinds. */
  readonly repeatable?: true | undefined;
  /** `x-kubernetes-patch-merge-key`: kubectl's strategic merge patches merge the items by it. */
  readonly mergeKey?: string | undefined;
  /** `x-kubernetes-list-type: set`: the value of a scalar item identifies it. */
  readonly set?: true | undefined;
  /** `x-kubernetes-map-type: atomic`: a write replaces the object or map as a whole. */
  readonly atomic?: true | undefined;
  /** The items of the list must not be null. CRDs allow null. */
  readonly noNullItems?: true | undefined;
}

const text: Schema = { type: "string" };
const free: Schema = { type: "object", preserveUnknown: true };
const SCALARS: Readonly<Record<ScalarType, Schema>> = {
  string: text,
  time: text,
  microTime: text,
  bytes: text,
  url: text,
  bool: { type: "boolean" },
  int32: { type: "integer", format: "int32" },
  int64: { type: "integer", format: "int64" },
  intOrString: { intOrString: true },
  quantity: { intOrString: true },
  any: free,
  fieldsV1: free,
};

/** Returns the schema of a struct in Knative's CRDs. */
export function crdSchema({ fields, atomic }: StructType): Schema {
  const known = fields.filter(({ crd }) => crd !== "absent");
  return structSchema(known, atomic, (field) => crdTypeSchema(field.type, field));
}

/** Returns the schema of a struct in Go, which has and checks all fields, and accepts list items with equal keys. */
export function goSchema({ fields, atomic }: StructType): Schema {
  return structSchema(fields, atomic, (field) => goTypeSchema(field.type, field));
}

function structSchema(fields: readonly Field[], atomic: true | undefined, schemaOf: (field: Field) => Schema): Schema {
  const required = fields.filter((field) => field.required).map(({ json }) => json);
  const entries = fields.map((field) => {
    const schema: Schema = { ...schemaOf(field), description: field.about, default: field.default };
    return [field.json, schema] as const;
  });
  return {
    type: "object",
    properties: Object.fromEntries(entries),
    required: required.length > 0 ? required.sort() : undefined,
    atomic,
  };
}

function goTypeSchema(type: FieldType, facts: FieldFacts = {}): Schema {
  if (typeof type === "string") return SCALARS[type];
  if ("ptr" in type) return goTypeSchema(type.ptr, facts);
  if ("map" in type) return { type: "object", additionalProperties: goTypeSchema(type.map), atomic: facts.atomic };
  if (!("list" in type)) return goSchema(type);
  const listKeys = facts.atomic ? undefined : keysOf(facts);
  const items = goTypeSchema(type.list);
  const { mergeKey, set } = facts;
  return { type: "array", items, listKeys, repeatable: listKeys && true, mergeKey, set, noNullItems: true };
}

function keysOf({ mergeKey, mapKeys }: FieldFacts): readonly string[] | undefined {
  return mapKeys ?? (mergeKey === undefined ? undefined : [mergeKey]);
}

function crdTypeSchema(type: FieldType, facts: FieldFacts = {}): Schema {
  const { crd } = facts;
  if (typeof type === "string") return SCALARS[type];
  if ("ptr" in type) return crdTypeSchema(type.ptr, { crd });
  if ("map" in type) return { type: "object", additionalProperties: crdTypeSchema(type.map), atomic: facts.atomic };
  if ("list" in type) {
    if (crd === "free") return { type: "array", items: free };
    return { type: "array", items: crdTypeSchema(type.list), listKeys: crd === "unkeyed" ? undefined : keysOf(facts) };
  }
  if (crd === "free") return { ...free, atomic: type.atomic };
  if (crd === "atomic") return { ...crdSchema(type), atomic: true };
  if (typeof crd !== "object") return crdSchema(type);
  return { ...free, ...crdSchema({ ...type, fields: type.fields.filter(({ json }) => crd.includes(json)) }) };
}
