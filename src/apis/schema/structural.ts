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

/** The value without the fields that the schema does not know, and with the schema's defaults. */
export function pruneAndDefault(schema: Schema, value: unknown): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items ? value.map((item) => pruneAndDefault(items, item)) : value;
  }
  if (!isFields(value) || schema.intOrString || (schema.type !== undefined && schema.type !== "object")) return value;
  const kept = Object.entries(value).flatMap(([key, field]): readonly (readonly [string, unknown])[] => {
    const inner = fieldSchema(schema, key);
    if (inner) return [[key, pruneAndDefault(inner, field)]];
    return schema.preserveUnknown ? [[key, field]] : [];
  });
  const known = Object.entries(schema.properties ?? {});
  const missing = known.filter(([key, { default: value_ }]) => value_ !== undefined && (value[key] ?? null) === null);
  const defaults = missing.map(([key, field]) => [key, field.default] as const);
  return Object.fromEntries([...kept, ...defaults]);
}

/** What the schema adds to a document, by path; for showing what a stored object will say. */
export function schemaDefaults(schema: Schema, value: unknown): ReadonlyMap<string, unknown> {
  const added = new Map<string, unknown>();
  walkDefaults(schema, value, "", added);
  return added;
}

function walkDefaults(schema: Schema, value: unknown, path: string, added: Map<string, unknown>): void {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items) value.forEach((item, at) => void walkDefaults(items, item, `${path}[${at}]`, added));
  }
  if (!isFields(value)) return;
  for (const [key, inner] of Object.entries(schema.properties ?? {})) {
    const at = joinPath(path, key);
    if (inner.default !== undefined && (value[key] ?? null) === null) added.set(at, inner.default);
    else walkDefaults(inner, value[key], at, added);
  }
}

/** Missing required fields, wrong types, repeated list keys. */
export function schemaFindings(schema: Schema, value: unknown, path = ""): readonly SchemaFinding[] {
  if (value === undefined || (value === null && path !== "")) return [];
  const wrongType = typeFinding(schema, value, path);
  if (wrongType) return [wrongType];
  if (Array.isArray(value)) {
    const { items } = schema;
    const inner = items ? value.flatMap((item, at) => schemaFindings(items, item, `${path}[${at}]`)) : [];
    return [...inner, ...repeatedKeys(schema, value, path)];
  }
  if (!isFields(value)) return [];
  const missing = (schema.required ?? []).filter((key) => (value[key] ?? null) === null);
  return [
    ...missing.map(
      (key): SchemaFinding => ({
        path: joinPath(path, key),
        message: "Required value",
        reason: "FieldValueRequired",
      }),
    ),
    ...Object.entries(value).flatMap(([key, field]) => {
      const inner = fieldSchema(schema, key);
      return inner ? schemaFindings(inner, field, joinPath(path, key)) : [];
    }),
  ];
}

function typeFinding(schema: Schema, value: unknown, path: string): SchemaFinding | undefined {
  const kind = Array.isArray(value) ? "array" : typeof value === "number" ? numberKind(value) : typeof value;
  if (schema.intOrString) {
    // Fractions pass: quantities are int-or-string too.
    if (kind === "string" || kind === "integer" || kind === "number") return undefined;
  } else if (schema.type === undefined || schema.type === kind) return undefined;
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
  if (!listKeys) return [];
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
