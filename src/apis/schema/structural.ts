// Applies a structural schema to a document: finds unknown fields, prunes, sets defaults and validates.
import { isFields } from "../../base/json.ts";
import { compareBytes, joinPath } from "../meta/field-error.ts";
import type { Schema } from "./schema.ts";

export interface SchemaFinding {
  readonly path: string;
  /** The text that the API server prints after the path: `Required value`. */
  readonly message: string;
  /** The reason of the cause in Kubernetes' Status. */
  readonly reason:
    | "FieldValueRequired"
    | "FieldValueTypeInvalid"
    | "FieldValueDuplicate"
    | "FieldValueInvalid"
    | "FieldValueTooLong";
}

/** Reading stops at this number of findings, because a body can cause a million findings. */
const MAX_FINDINGS = 100;

/** Paths of all fields that the schema does not have, sorted. */
export function unknownPaths(schema: Schema, value: unknown): readonly string[] {
  const found: string[] = [];
  collectUnknown(schema, value, "", found);
  return found.sort(compareBytes);
}

function collectUnknown(schema: Schema, value: unknown, path: string, found: string[]): void {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items) value.forEach((item, at) => void collectUnknown(items, item, `${path}[${at}]`, found));
    return;
  }
  if (!isFields(value) || schema.intOrString || (schema.type !== undefined && schema.type !== "object")) return;
  for (const [key, field] of Object.entries(value)) {
    const inner = fieldSchema(schema, key);
    if (inner) collectUnknown(inner, field, joinPath(path, key), found);
    else if (!schema.preserveUnknown) found.push(joinPath(path, key));
  }
}

function fieldSchema(schema: Schema, key: string): Schema | undefined {
  const { properties, additionalProperties } = schema;
  return properties && Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
}

/** Removes unknown fields and adds defaults. Returns the input (same reference) if nothing changes. */
export function pruneAndDefault(schema: Schema, value: unknown): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (!items) return value;
    const kept = value.map((item) => pruneAndDefault(items, item));
    return kept.every((item, at) => item === value[at]) ? value : kept;
  }
  if (!isFields(value) || schema.intOrString || (schema.type !== undefined && schema.type !== "object")) return value;
  // Most objects do not change, so the copy is made at the first change.
  let kept: Record<string, unknown> | undefined;
  for (const key in value) {
    const inner = fieldSchema(schema, key);
    const isDropped = !inner && !schema.preserveUnknown;
    const after = inner ? pruneAndDefault(inner, value[key]) : value[key];
    if (!isDropped && after === value[key]) continue;
    kept ??= { ...value };
    if (isDropped) delete kept[key];
    else kept[key] = after;
  }
  for (const key in schema.properties) {
    const given = schema.properties[key]?.default;
    if (given === undefined || (value[key] ?? null) !== null) continue;
    kept ??= { ...value };
    kept[key] = given;
  }
  return kept ?? value;
}

/** Finds missing required fields, wrong types and repeated list keys. */
export function schemaFindings(schema: Schema, value: unknown): readonly SchemaFinding[] {
  const found: SchemaFinding[] = [];
  // Most documents are valid, so the first pass computes no paths.
  if (!isValid(schema, value)) collectFindings(schema, value, "", found);
  return found;
}

/** Returns true if {@link schemaFindings} finds nothing. */
export function isValid(schema: Schema, value: unknown): boolean {
  if (typeFinding(schema, value, "")) return false;
  if (Array.isArray(value)) {
    const { items, noNullItems } = schema;
    if (noNullItems && value.includes(null)) return false;
    for (const item of value) if (items && !isNullOrValid(items, item)) return false;
    return repeatedKeys(schema, value, "").length === 0;
  }
  if (!isFields(value)) return true;
  for (const key of schema.required ?? []) if ((value[key] ?? null) === null) return false;
  for (const key in value) {
    const inner = fieldSchema(schema, key);
    if (inner && !isNullOrValid(inner, value[key])) return false;
  }
  return true;
}

/** Null is valid unless {@link isValid} has rejected it: in a required field, or in a list with `noNullItems`. */
function isNullOrValid(schema: Schema, value: unknown): boolean {
  return value === undefined || value === null || isValid(schema, value);
}

function collectFindings(schema: Schema, value: unknown, path: string, found: SchemaFinding[]): void {
  if (value === undefined || (value === null && path !== "")) return;
  const wrongType = typeFinding(schema, value, path);
  if (wrongType) {
    found.push(wrongType);
    return;
  }
  if (Array.isArray(value)) {
    collectItemFindings(schema, value, path, found);
    return;
  }
  if (!isFields(value)) return;
  for (const key of schema.required ?? []) {
    if ((value[key] ?? null) !== null) continue;
    found.push({ path: joinPath(path, key), message: "Required value", reason: "FieldValueRequired" });
  }
  for (const [key, field] of Object.entries(value)) {
    const inner = fieldSchema(schema, key);
    if (inner) collectFindings(inner, field, joinPath(path, key), found);
    if (found.length >= MAX_FINDINGS) return;
  }
}

/** Finds nulls in place of values. Other findings treat null as a missing value. */
export function nullFindings(schema: Schema, value: unknown, path = ""): readonly SchemaFinding[] {
  const { type, intOrString, items, default: given } = schema;
  if (value === null) {
    const isTyped = given === undefined && (type !== undefined || intOrString);
    return isTyped ? [wrongType(path, "null", type ?? "integer,string")] : [];
  }
  if (Array.isArray(value)) {
    return value.flatMap((item, at) => (items ? nullFindings(items, item, `${path}[${at}]`) : []));
  }
  return Object.entries(isFields(value) ? value : {}).flatMap(([key, each]) => {
    const inner = fieldSchema(schema, key);
    return inner ? nullFindings(inner, each, joinPath(path, key)) : [];
  });
}

function collectItemFindings(schema: Schema, list: readonly unknown[], path: string, found: SchemaFinding[]): void {
  const { items, noNullItems } = schema;
  for (const [at, item] of list.entries()) {
    const place = `${path}[${at}]`;
    if (item === null && noNullItems) found.push(wrongType(place, "null", items?.type ?? "object"));
    else if (items) collectFindings(items, item, place, found);
    if (found.length >= MAX_FINDINGS) return;
  }
  for (const repeated of repeatedKeys(schema, list, path)) found.push(repeated);
}

function typeFinding(schema: Schema, value: unknown, path: string): SchemaFinding | undefined {
  if (schema.type === undefined && !schema.intOrString) return undefined;
  const kind = Array.isArray(value) ? "array" : typeof value === "number" ? numberKind(value) : typeof value;
  if (schema.intOrString) {
    // Fractions are valid, because quantities are int-or-string too.
    return kind === "string" || kind === "integer" || kind === "number"
      ? undefined
      : wrongType(path, kind, "integer,string");
  }
  if (schema.type !== kind) return wrongType(path, kind, schema.type ?? "");
  return schema.format && !isInRange(value as number, schema.format)
    ? outOfRange(path, value, schema.format)
    : undefined;
}

function wrongType(path: string, kind: string, wanted: string): SchemaFinding {
  const shown = JSON.stringify(kind);
  const message = `Invalid value: ${shown}: ${path} in body must be of type ${wanted}: ${shown}`;
  return { path, message, reason: "FieldValueTypeInvalid" };
}

function outOfRange(path: string, value: unknown, format: string): SchemaFinding {
  const message = `Invalid value: ${String(value)}: ${path} in body must be a number in the range of ${format}`;
  return { path, message, reason: "FieldValueInvalid" };
}

function isInRange(value: number, format: "int32" | "int64"): boolean {
  const limit = format === "int32" ? 2 ** 31 : 2 ** 63;
  return value >= -limit && value < limit;
}

function numberKind(value: number): "integer" | "number" {
  return Number.isInteger(value) ? "integer" : "number";
}

function repeatedKeys(schema: Schema, items: readonly unknown[], path: string): readonly SchemaFinding[] {
  const { listKeys, repeatable } = schema;
  if (!listKeys || repeatable || items.length < 2) return [];
  const seen = new Set<string>();
  return items.flatMap((item, at): readonly SchemaFinding[] => {
    if (!isFields(item)) return [];
    const key = JSON.stringify(Object.fromEntries(listKeys.map((name) => [name, item[name] ?? null])));
    if (!seen.has(key)) {
      seen.add(key);
      return [];
    }
    return [{ path: `${path}[${at}]`, message: `Duplicate value: ${key}`, reason: "FieldValueDuplicate" }];
  });
}
