// Decodes JSON into a Go type and writes it back as Go would: unknown fields go, empty ones vanish, quantities become canonical.
// All mismatches are reported, each with its place; the text of one is Go's own.
import { canonicalQuantity, parseQuantity } from "../../base/go/quantity.ts";
import { fieldsOf, isFields } from "../../base/json.ts";
import { joinPath } from "../meta/field-error.ts";
import { type GoField, type GoStruct, type GoType, goTypeName, type Scalar } from "./go-type.ts";

export interface DecodeError {
  /** Where in the document: `spec.template.spec.containers[0].env[0].value`. */
  readonly path: string;
  /** `json: cannot unmarshal number into Go struct field …` */
  readonly message: string;
}
interface Place {
  readonly path: string;
  readonly goPath: string;
  readonly owner: string;
}
/** Gathers mismatches. Places are worked out only for a document that has some: nearly none has. */
interface Errors {
  found: boolean;
  readonly list: DecodeError[];
  readonly places: boolean;
}

const INT_RANGES = { int32: 2 ** 31, int64: 2 ** 63 } as const;
const ROOT: Place = { path: "", goPath: "", owner: "" };

/** The document as Go would write it back, and what did not fit its type. Parts that Go would write as they are stay the same objects. */
export function decode(
  type: GoStruct,
  json: unknown,
): { readonly value: unknown; readonly errors: readonly DecodeError[] } {
  const quick: Errors = { found: false, list: [], places: false };
  const value = decodeValue(type, json, ROOT, quick);
  if (!quick.found) return { value, errors: [] };
  const placed: Errors = { found: false, list: [], places: true };
  decodeValue(type, json, ROOT, placed);
  return { value, errors: placed.list };
}

function decodeValue(type: GoType, json: unknown, at: Place, errors: Errors): unknown {
  if (typeof type === "string") return decodeScalar(type, json, at, errors);
  if ("ptr" in type) return json === null || json === undefined ? undefined : decodeValue(type.ptr, json, at, errors);
  if ("struct" in type) return decodeStruct(type, json, at, errors);
  if (json === null || json === undefined) return null;
  if ("list" in type) {
    if (!Array.isArray(json)) return mismatch(type, json, at, errors, null);
    const list = json.map((item, index) => decodeValue(type.list, item, inner(at, index, errors), errors));
    return list.every((item, index) => item === json[index]) ? json : list;
  }
  if (!isFields(json)) return mismatch(type, json, at, errors, null);
  const entries = Object.entries(json);
  const decoded = entries.map(([key, item]) => [key, decodeValue(type.map, item, inner(at, key, errors), errors)]);
  return decoded.every(([, item], index) => item === entries[index]?.[1]) ? json : Object.fromEntries(decoded);
}

function decodeStruct(type: GoStruct, json: unknown, at: Place, errors: Errors): unknown {
  if (json !== null && json !== undefined && !isFields(json)) mismatch(type, json, at, errors, undefined);
  const given = fieldsOf(json);
  const keys = Object.keys(given);
  const others = keys.every((key) => type.names.has(key)) ? [] : keys.filter((key) => !type.names.has(key));
  const out: Record<string, unknown> = {};
  // as long as what Go would write is what is there, in Go's order
  let matched = 0;
  for (const field of type.fields) {
    const raw = Object.hasOwn(given, field.json) ? given[field.json] : inOtherCase(given, others, field.json);
    if (raw === undefined && isSkipped(field)) continue;
    const value = decodeValue(field.type, raw, errors.places ? placeOf(type, field, at) : at, errors);
    if (!isWritten(field, value)) continue;
    out[field.json] = value ?? null;
    if (keys[matched] === field.json && given[field.json] === out[field.json]) matched++;
    else matched = Number.POSITIVE_INFINITY;
  }
  return isFields(json) && matched === keys.length ? json : out;
}

/** Go's decoder also takes a key in another case, when none fits exactly. */
function inOtherCase(given: Readonly<Record<string, unknown>>, others: readonly string[], name: string): unknown {
  if (others.length === 0) return undefined;
  const key = others.find((other) => other.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : given[key];
}

/** Missing and not written then: everything but structs, which are written empty, and what Go always writes. */
function isSkipped({ keep, type }: GoField): boolean {
  return !keep && (typeof type === "string" ? type !== "quantity" : !("struct" in type));
}

function placeOf(type: GoStruct, field: GoField, at: Place): Place {
  const goName = field.via === undefined ? field.json : `${field.via}.${field.json}`;
  return {
    path: joinPath(at.path, field.json),
    goPath: at.goPath === "" ? goName : `${at.goPath}.${goName}`,
    owner: type.struct,
  };
}

function inner(at: Place, key: string | number, { places }: Errors): Place {
  if (!places) return at;
  return { ...at, path: typeof key === "number" ? `${at.path}[${key}]` : joinPath(at.path, key) };
}

function isWritten(field: GoField, value: unknown): boolean {
  if (field.keep) return true;
  if (value === undefined) return false;
  if (typeof field.type === "object" && "ptr" in field.type) return true;
  if (value === null || value === "" || value === 0 || value === false) return false;
  if (Array.isArray(value)) return value.length > 0;
  // A struct is always written, a map only with entries.
  if (typeof field.type === "object" && "map" in field.type) return Object.keys(value).length > 0;
  return true;
}

function decodeScalar(type: Scalar, json: unknown, at: Place, errors: Errors): unknown {
  if (type === "any") return json;
  if (json === null || json === undefined) return ZERO[type];
  switch (type) {
    case "string":
    case "url":
    case "time":
      return typeof json === "string" ? json : mismatch(type, json, at, errors, "");
    case "bool":
      return typeof json === "boolean" ? json : mismatch(type, json, at, errors, false);
    case "int32":
    case "int64":
      return isInteger(json, INT_RANGES[type]) ? json : mismatch(type, json, at, errors, 0);
    case "intOrString": {
      const fits = typeof json === "string" || isInteger(json, INT_RANGES.int32);
      return fits ? json : mismatch(type, json, at, errors, 0);
    }
    case "quantity":
      return decodeQuantity(json, at, errors);
  }
}

const ZERO: Readonly<Record<Exclude<Scalar, "any">, unknown>> = {
  string: "",
  url: undefined,
  time: undefined,
  bool: false,
  int32: 0,
  int64: 0,
  intOrString: 0,
  quantity: "0",
};

function isInteger(json: unknown, limit: number): boolean {
  return typeof json === "number" && Number.isInteger(json) && json >= -limit && json < limit;
}

function decodeQuantity(json: unknown, at: Place, errors: Errors): unknown {
  const text = typeof json === "string" || typeof json === "number" ? String(json).trim() : JSON.stringify(json);
  const quantity = parseQuantity(text);
  if (quantity.ok) return canonicalQuantity(text);
  report(errors, at, quantity.error);
  return "0";
}

function mismatch<T>(type: GoType, json: unknown, at: Place, errors: Errors, zero: T): T {
  const isNumeric = typeof type === "string" && (type.startsWith("int") || type === "quantity");
  const kind = jsonKind(json);
  const shown = kind === "number" && isNumeric ? `number ${String(json)}` : kind;
  const target = at.owner === "" ? "value" : `struct field ${at.owner}.${at.goPath}`;
  report(errors, at, `json: cannot unmarshal ${shown} into Go ${target} of type ${goTypeName(type)}`);
  return zero;
}

function report(errors: Errors, { path }: Place, message: string): void {
  errors.found = true;
  if (errors.places) errors.list.push({ path, message });
}

function jsonKind(json: unknown): string {
  if (Array.isArray(json)) return "array";
  if (typeof json === "boolean") return "bool";
  return typeof json;
}
