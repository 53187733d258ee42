// Checks a document against a structural schema: unknown fields, pruning, defaulting and validation.
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

/**
 * Removes the fields that the schema does not have, and adds its defaults. Returns the input (same reference) if
 * nothing changes.
 */
export function pruneAndDefault(schema: Schema, value: unknown): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (!items) return value;
    const kept = value.map((item) => pruneAndDefault(items, item));
    return kept.every((item, at) => item === value[at]) ? value : kept;
  }
  if (!isFields(value) || schema.intOrString || (schema.type !== undefined && schema.type !== "object")) return value;
  // Most objects do not change, so the first change makes the copy.
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
    const { items } = schema;
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

/** Every field and item may be null; the root may not. */
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
    const { items } = schema;
    if (items) value.forEach((item, at) => void collectFindings(items, item, `${path}[${at}]`, found));
    found.push(...repeatedKeys(schema, value, path));
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
  }
}

function typeFinding(schema: Schema, value: unknown, path: string): SchemaFinding | undefined {
  if (schema.type === undefined && !schema.intOrString) return undefined;
  const kind = Array.isArray(value) ? "array" : typeof value === "number" ? numberKind(value) : typeof value;
  if (schema.intOrString) {
    // Fractions are valid, because quantities are int-or-string too.
    if (kind === "string" || kind === "integer" || kind === "number") return undefined;
  } else if (schema.type === kind) return undefined;
  const wanted = schema.intOrString ? "integer,string" : schema.type;
  const shown = JSON.stringify(kind);
  return {
    path,
    message: `Invalid value: ${shown}: ${path} in body must be of type ${wanted}: ${shown}`,
    reason: "FieldValueTypeInvalid",
  };
}

function numberKind(value: number): "integer" | "number" {
  return Number.isInteger(value) ? "integer" : "number";
}

function repeatedKeys({ listKeys }: Schema, items: readonly unknown[], path: string): readonly SchemaFinding[] {
  if (!listKeys || items.length < 2) return [];
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
