// What a structural schema says about a document: unknown fields, the document without them, with defaults, and what does not fit.
import { isFields } from "../../base/json.ts";
import { compareBytes, joinPath } from "../meta/field-error.ts";
import type { Schema } from "./schema.ts";

export interface SchemaFinding {
  readonly path: string;
  /** As the API server puts it after the path: `Required value`. */
  readonly message: string;
  /** Kubernetes' cause: FieldValueRequired, … */
  readonly reason:
    | "FieldValueRequired"
    | "FieldValueTypeInvalid"
    | "FieldValueDuplicate"
    | "FieldValueInvalid"
    | "FieldValueTooLong";
}

/** Paths of all fields that the schema does not know, sorted. */
export function unknownPaths(schema: Schema, value: unknown): readonly string[] {
  const found: string[] = [];
  walkUnknown(schema, value, "", found);
  return found.sort(compareBytes);
}

function walkUnknown(schema: Schema, value: unknown, path: string, found: string[]): void {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items) value.forEach((item, at) => void walkUnknown(items, item, `${path}[${at}]`, found));
    return;
  }
  if (!isFields(value) || schema.intOrString || (schema.type !== undefined && schema.type !== "object")) return;
  for (const [key, field] of Object.entries(value)) {
    const inner = fieldSchema(schema, key);
    if (inner) walkUnknown(inner, field, joinPath(path, key), found);
    else if (!schema.preserveUnknown) found.push(joinPath(path, key));
  }
}

function fieldSchema(schema: Schema, key: string): Schema | undefined {
  const { properties, additionalProperties } = schema;
  return properties && Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
}

/** The value without the fields that the schema does not know, and with the schema's defaults. What needs neither is the same object. */
export function pruneAndDefault(schema: Schema, value: unknown): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (!items) return value;
    const kept = value.map((item) => pruneAndDefault(items, item));
    return kept.every((item, at) => item === value[at]) ? value : kept;
  }
  if (!isFields(value) || schema.intOrString || (schema.type !== undefined && schema.type !== "object")) return value;
  // nearly every object is as it should be: nothing is copied before something is other
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

/** Missing required fields, wrong types, repeated list keys. */
export function schemaFindings(schema: Schema, value: unknown): readonly SchemaFinding[] {
  const found: SchemaFinding[] = [];
  // Nearly every document fits: places are worked out only for one that does not.
  if (!fits(schema, value)) findIn(schema, value, "", found);
  return found;
}

/** True when there is nothing to find. */
function fits(schema: Schema, value: unknown): boolean {
  if (typeFinding(schema, value, "")) return false;
  if (Array.isArray(value)) {
    const { items } = schema;
    for (const item of value) if (items && !fitsInside(items, item)) return false;
    return repeatedKeys(schema, value, "").length === 0;
  }
  if (!isFields(value)) return true;
  for (const key of schema.required ?? []) if ((value[key] ?? null) === null) return false;
  for (const key in value) {
    const inner = fieldSchema(schema, key);
    if (inner && !fitsInside(inner, value[key])) return false;
  }
  return true;
}

/** Below the root nothing may stand everywhere. */
function fitsInside(schema: Schema, value: unknown): boolean {
  return value === undefined || value === null || fits(schema, value);
}

function findIn(schema: Schema, value: unknown, path: string, found: SchemaFinding[]): void {
  if (value === undefined || (value === null && path !== "")) return;
  const wrongType = typeFinding(schema, value, path);
  if (wrongType) {
    found.push(wrongType);
    return;
  }
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items) value.forEach((item, at) => void findIn(items, item, `${path}[${at}]`, found));
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
    if (inner) findIn(inner, field, joinPath(path, key), found);
  }
}

function typeFinding(schema: Schema, value: unknown, path: string): SchemaFinding | undefined {
  if (schema.type === undefined && !schema.intOrString) return undefined;
  const kind = Array.isArray(value) ? "array" : typeof value === "number" ? numberKind(value) : typeof value;
  if (schema.intOrString) {
    // Fractions pass: quantities are int-or-string too.
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
