// Defines the tables of API fields: one row per field, in the order of Kubernetes' Go structs. JSON decoding, schemas,
// OpenAPI, protobuf decoding, strategic merge patches and server-side apply use them.

/** The content of `any` is not checked. `fieldsV1` is JSON; protobuf contains it as text. */
export type ScalarType =
  | "string"
  | "bool"
  | "int32"
  | "int64"
  | "quantity"
  | "intOrString"
  | "time"
  | "microTime"
  | "bytes"
  | "url"
  | "any"
  | "fieldsV1";
export type FieldType =
  | ScalarType
  | { readonly ptr: FieldType }
  | { readonly list: FieldType }
  | { readonly map: FieldType }
  | StructType;
/** A type of scalars as Go writes it: `*bool`, `[]string`, `map[string]quantity`. */
type TypeText = ScalarType | `*${ScalarType}` | `[]${ScalarType}` | `map[string]${ScalarType}`;

/** The facts of a row about its field, beside name and type. */
export interface FieldFacts {
  /** The field's name in Go, where it is not the JSON name with a capital letter or initialism. */
  readonly go?: string | undefined;
  /** Number of the field in Kubernetes' protobuf message (generated.proto). */
  readonly proto?: number | undefined;
  /** Go writes the field even when it is the zero value (its tag has no `omitempty`). */
  readonly keep?: true | undefined;
  /** The structural schema lists the field as required. */
  readonly required?: true | undefined;
  /**
   * The difference between Knative's CRDs and the Go type. `absent`: the CRDs do not have the field. `free`: they do
   * not check the object or the items of the list. `unkeyed`: the list has no keys, so it has one owner. `atomic`: the
   * object has one owner. Names: they check only these fields and preserve all others.
   */
  readonly crd?: "absent" | "free" | "unkeyed" | "atomic" | readonly string[] | undefined;
  /** `default` of the structural schema. */
  readonly default?: string | undefined;
  /** `description` of the structural schema, which `kubectl explain` shows. */
  readonly about?: string | undefined;
  /** `patchMergeKey` of a list of objects: strategic merge patches merge the items. */
  readonly mergeKey?: string | undefined;
  /** `x-kubernetes-list-map-keys`, where they are not the merge key alone. */
  readonly mapKeys?: readonly string[] | undefined;
  /** The list contains each scalar once; strategic merge patches add to it. */
  readonly set?: true | undefined;
  /**
   * One owner for a whole map (`x-kubernetes-map-type: atomic`), or for a whole list, also if it has a merge key.
   * Structs have a setting of their own.
   */
  readonly atomic?: true | undefined;
}
interface Row extends FieldFacts {
  readonly type: FieldType;
}
export interface Field extends Row {
  readonly json: string;
  /** Name of the embedded struct that the field comes from, as Go's error paths show it. */
  readonly via: string | undefined;
}
export interface StructType {
  /** The struct's name in Go. */
  readonly struct: string;
  readonly fields: readonly Field[];
  /** By JSON name. */
  readonly byName: ReadonlyMap<string, Field>;
  /** JSON names in the order of the generated String method, where that is not the order of the fields. */
  readonly printed?: readonly string[];
  /** `x-kubernetes-map-type: atomic`: one owner for all fields together. */
  readonly atomic?: true;
}
/** The fields of this struct become fields of the struct that embeds it. */
interface Embedded {
  readonly embed: StructType;
}
type Rows = Readonly<Record<string, FieldType | TypeText | Row | Embedded>>;

/** Names that Go writes in capital letters when a field's name begins with them. */
const INITIALISMS = new Set(
  "api aws csi dns fc fs gce gmsa grpc http ip iscsi nfs os rbd se tcp tls tty uid url".split(" "),
);

export const pointer = (type: FieldType): FieldType => ({ ptr: type });
export const list = (items: FieldType): FieldType => ({ list: items });
/** Sets every property, so that all rows have one hidden class: V8 then evaluates the tables twice as fast. */
export const field = (
  type: FieldType | TypeText,
  { go, proto, keep, required, crd, default: value, about, mergeKey, mapKeys, set, atomic }: FieldFacts = {},
): Row => ({
  type: parseType(type),
  go,
  proto,
  keep,
  required,
  crd,
  default: value,
  about,
  mergeKey,
  mapKeys,
  set,
  atomic,
});
/** A field with its protobuf number. */
export const numbered = (proto: number, type: FieldType | TypeText, facts?: FieldFacts): Row => ({
  ...field(type, facts),
  proto,
});
/** A field that Go writes even when it is empty. */
export const kept = (type: FieldType | TypeText, facts?: FieldFacts): Row => ({ ...field(type, facts), keep: true });
/** A field that Go always writes and that the structural schema requires. */
export const required = (type: FieldType | TypeText, facts?: FieldFacts): Row => ({
  ...field(type, facts),
  keep: true,
  required: true,
});
/** A field that Knative's CRDs do not have. */
export const notInCrd = (type: FieldType | TypeText, facts?: FieldFacts): Row => ({
  ...field(type, facts),
  crd: "absent",
});
/** Embeds a struct. The row's own name has no effect. */
export const embed = (struct: StructType): Embedded => ({ embed: struct });

/** Returns a struct from its rows by JSON name, in Go's order. */
export function struct(name: string, rows: Rows, facts: Pick<StructType, "printed" | "atomic"> = {}): StructType {
  const fields: Field[] = [];
  for (const json in rows) {
    const entry = rows[json] as Rows[string];
    if (typeof entry !== "object") fields.push({ ...field(entry), json, via: undefined });
    else if ("embed" in entry) addEmbedded(entry.embed, fields);
    else fields.push({ ...("type" in entry ? entry : field(entry)), json, via: undefined });
  }
  let byName: ReadonlyMap<string, Field> | undefined;
  return {
    struct: name,
    fields,
    get byName() {
      byName ??= new Map(fields.map((each) => [each.json, each]));
      return byName;
    },
    ...facts,
  };
}

function addEmbedded({ struct, fields }: StructType, to: Field[]): void {
  for (const each of fields) to.push({ ...each, via: each.via === undefined ? struct : `${struct}.${each.via}` });
}

export function goNameOf({ go, json }: Field): string {
  if (go !== undefined) return go;
  const first = /^[a-z]+/.exec(json)?.[0] ?? "";
  const start = INITIALISMS.has(first) ? first.toUpperCase() : json.charAt(0).toUpperCase() + first.slice(1);
  return start + json.slice(first.length);
}

function parseType(type: FieldType | TypeText): FieldType {
  if (typeof type !== "string") return type;
  if (type.startsWith("*")) return { ptr: type.slice(1) as ScalarType };
  if (type.startsWith("[]")) return { list: type.slice(2) as ScalarType };
  return type.startsWith("map[string]")
    ? { map: type.slice("map[string]".length) as ScalarType }
    : (type as ScalarType);
}
