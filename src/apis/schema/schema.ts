// Structural schemas as data, in the words of CRDs: what a kind's document may hold. Field names and types are Knative's, the rest is ours.

export interface Schema {
  readonly type?: "object" | "array" | "string" | "integer" | "boolean";
  readonly format?: "int32" | "int64";
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  /** Values of a map with free keys. */
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly required?: readonly string[];
  /** Written where the field is missing and its parent is there. */
  readonly default?: string | number | boolean;
  /** `x-kubernetes-preserve-unknown-fields`: anything may stand inside. */
  readonly preserveUnknown?: true;
  /** `x-kubernetes-int-or-string` */
  readonly intOrString?: true;
  /** `x-kubernetes-list-map-keys`: items with equal keys are refused. */
  readonly listKeys?: readonly string[];
}

export const text: Schema = { type: "string" };
export const flag: Schema = { type: "boolean" };
export const int32: Schema = { type: "integer", format: "int32" };
export const int64: Schema = { type: "integer", format: "int64" };
export const intOrString: Schema = { intOrString: true };
const quantity: Schema = { intOrString: true };
/** An object that is not looked into. */
export const free: Schema = { type: "object", preserveUnknown: true };
export const texts: Schema = { type: "array", items: text };
export const textMap: Schema = { type: "object", additionalProperties: text };
export const quantities: Schema = { type: "object", additionalProperties: quantity };

export const object = (properties: Readonly<Record<string, Schema>>, ...required: readonly string[]): Schema => ({
  type: "object",
  properties,
  ...(required.length > 0 ? { required } : {}),
});
export const listOf = (items: Schema, ...listKeys: readonly string[]): Schema => ({
  type: "array",
  items,
  ...(listKeys.length > 0 ? { listKeys } : {}),
});
export const withDefault = (schema: Schema, value: string | number | boolean): Schema => ({
  ...schema,
  default: value,
});
/** The same schema with a sentence for `explain`. */
export const about = (description: string, schema: Schema): Schema => ({ ...schema, description });
