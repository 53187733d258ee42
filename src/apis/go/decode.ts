// Decodes JSON into a Go type and encodes it again, as Knative's webhooks do: drops unknown and empty fields, makes
// quantities canonical. Go reports only the first mismatch; decode() reports all, with Go's texts.
import { canonicalQuantity, parseQuantity } from "../../base/go/quantity.ts";
import { parseUrl } from "../../base/go/url.ts";
import { fieldsOf, isFields } from "../../base/json.ts";
import type { Field, FieldType, ScalarType, StructType } from "../fields/field.ts";
import { joinPath } from "../meta/field-error.ts";
import { goTypeName } from "./print.ts";

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
/** Collects mismatches. Most documents have none, so the first pass computes no paths. */
interface Mismatches {
  found: boolean;
  readonly list: DecodeError[];
  readonly withPaths: boolean;
}

const INT_RANGES = { int32: 2 ** 31, int64: 2 ** 63 } as const;
const ROOT: Place = { path: "", goPath: "", owner: "" };

/** Returns the document as Go encodes it, and its mismatches. Parts that do not change keep their reference. */
export function decode(
  type: FieldType,
  json: unknown,
): { readonly value: unknown; readonly errors: readonly DecodeError[] } {
  const quick: Mismatches = { found: false, list: [], withPaths: false };
  const value = decodeValue(type, json, ROOT, quick);
  if (!quick.found) return { value, errors: [] };
  const placed: Mismatches = { found: false, list: [], withPaths: true };
  decodeValue(type, json, ROOT, placed);
  return { value, errors: placed.list };
}

function decodeValue(type: FieldType, json: unknown, at: Place, errors: Mismatches): unknown {
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

function decodeStruct(type: StructType, json: unknown, at: Place, errors: Mismatches): unknown {
  if (json !== null && json !== undefined && !isFields(json)) mismatch(type, json, at, errors, undefined);
  const given = fieldsOf(json);
  const keys = Object.keys(given);
  const others = keys.every((key) => type.byName.has(key)) ? [] : keys.filter((key) => !type.byName.has(key));
  const out: Record<string, unknown> = {};
  // Counts the fields that Go writes unchanged and in the document's order.
  let matched = 0;
  for (const field of type.fields) {
    const raw = Object.hasOwn(given, field.json) ? given[field.json] : inOtherCase(given, others, field.json);
    if (raw === undefined && isSkipped(field)) continue;
    const value = decodeValue(field.type, raw, errors.withPaths ? placeOf(type, field, at) : at, errors);
    if (!isWritten(field, value)) continue;
    out[field.json] = value ?? null;
    if (keys[matched] === field.json && given[field.json] === out[field.json]) matched++;
    else matched = Number.POSITIVE_INFINITY;
  }
  return isFields(json) && matched === keys.length ? json : out;
}

/** Go's decoder also accepts a key that differs only in case, if no key is equal. */
function inOtherCase(given: Readonly<Record<string, unknown>>, others: readonly string[], name: string): unknown {
  if (others.length === 0) return undefined;
  const key = others.find((other) => other.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : given[key];
}

/** Go does not write the field when it is missing. It does write structs, quantities and fields without `omitempty`. */
function isSkipped({ keep, type }: Field): boolean {
  return !keep && (typeof type === "string" ? type !== "quantity" : !("struct" in type));
}

function placeOf(type: StructType, field: Field, at: Place): Place {
  const goName = field.via === undefined ? field.json : `${field.via}.${field.json}`;
  return {
    path: joinPath(at.path, field.json),
    goPath: at.goPath === "" ? goName : `${at.goPath}.${goName}`,
    owner: type.struct.slice(type.struct.indexOf(".") + 1),
  };
}

function inner(at: Place, key: string | number, { withPaths }: Mismatches): Place {
  if (!withPaths) return at;
  return { ...at, path: typeof key === "number" ? `${at.path}[${key}]` : joinPath(at.path, key) };
}

function isWritten(field: Field, value: unknown): boolean {
  if (field.keep) return true;
  if (value === undefined) return false;
  if (typeof field.type === "object" && "ptr" in field.type) return true;
  if (value === null || value === "" || value === 0 || value === false) return false;
  if (Array.isArray(value)) return value.length > 0;
  // Go writes a struct even when it is empty, a map only with entries.
  if (typeof field.type === "object" && "map" in field.type) return Object.keys(value).length > 0;
  return true;
}

function decodeScalar(type: ScalarType, json: unknown, at: Place, errors: Mismatches): unknown {
  if (type === "any" || type === "fieldsV1") return json;
  if (json === null || json === undefined) return ZERO[type];
  switch (type) {
    case "string":
    case "bytes":
    case "time":
    case "microTime":
      return typeof json === "string" ? json : mismatch(type, json, at, errors, "");
    case "url":
      return typeof json === "string" ? decodeUrl(json, at, errors) : mismatch(type, json, at, errors, "");
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

const ZERO: Readonly<Record<Exclude<ScalarType, "any" | "fieldsV1">, unknown>> = {
  string: "",
  bytes: "",
  url: undefined,
  time: undefined,
  microTime: undefined,
  bool: false,
  int32: 0,
  int64: 0,
  intOrString: 0,
  quantity: "0",
};

function isInteger(json: unknown, limit: number): boolean {
  return typeof json === "number" && Number.isInteger(json) && json >= -limit && json < limit;
}

function decodeQuantity(json: unknown, at: Place, errors: Mismatches): unknown {
  const text = typeof json === "string" || typeof json === "number" ? String(json).trim() : JSON.stringify(json);
  const quantity = parseQuantity(text);
  if (quantity.ok) return canonicalQuantity(text);
  report(errors, at, quantity.error);
  return "0";
}

function decodeUrl(text: string, at: Place, errors: Mismatches): string {
  const url = parseUrl(text);
  if (!url.ok) report(errors, at, url.error);
  return text;
}

function mismatch<T>(type: FieldType, json: unknown, at: Place, errors: Mismatches, zero: T): T {
  const isNumeric = typeof type === "string" && (type.startsWith("int") || type === "quantity");
  const kind = jsonKind(json);
  const shown = kind === "number" && isNumeric ? `number ${String(json)}` : kind;
  const target = at.owner === "" ? "value" : `struct field ${at.owner}.${at.goPath}`;
  report(errors, at, `json: cannot unmarshal ${shown} into Go ${target} of type ${goTypeName(type)}`);
  return zero;
}

function report(errors: Mismatches, { path }: Place, message: string): void {
  errors.found = true;
  if (errors.withPaths) errors.list.push({ path, message });
}

function jsonKind(json: unknown): string {
  if (Array.isArray(json)) return "array";
  if (typeof json === "boolean") return "bool";
  return typeof json;
}
