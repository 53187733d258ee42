// Structural schemas as data, with the keywords of CRDs, and how a field table becomes one.
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
  /** `x-kubernetes-list-map-keys`: two items must not have equal values in all of these fields. */
  readonly listKeys?: readonly string[] | undefined;
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

/** The structural schema of a struct, without the fields that CRDs do not have. */
export function structSchema({ fields }: StructType): Schema {
  const known = fields.filter(({ crd }) => crd !== "absent");
  const required = known.filter((field) => field.required).map(({ json }) => json);
  const properties = Object.fromEntries(known.map((field) => [field.json, fieldSchema(field)]));
  return { type: "object", properties, required: required.length > 0 ? required.sort() : undefined };
}

function fieldSchema(field: Field): Schema {
  return { ...typeSchema(field.type, field), description: field.about, default: field.default };
}

function typeSchema(type: FieldType, { crd, mergeKey, mapKeys }: FieldFacts = {}): Schema {
  if (typeof type === "string") return SCALARS[type];
  if ("ptr" in type) return typeSchema(type.ptr, { crd });
  if ("map" in type) return { type: "object", additionalProperties: typeSchema(type.map) };
  if ("list" in type) {
    if (crd === "free") return { type: "array", items: free };
    const listKeys = crd === "unkeyed" ? undefined : (mapKeys ?? (mergeKey === undefined ? undefined : [mergeKey]));
    return { type: "array", items: typeSchema(type.list), listKeys };
  }
  if (crd === "free") return free;
  if (typeof crd !== "object") return structSchema(type);
  return { ...free, ...structSchema({ ...type, fields: type.fields.filter(({ json }) => crd.includes(json)) }) };
}
