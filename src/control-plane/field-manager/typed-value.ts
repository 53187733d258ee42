// Reads values by their schema: which of them are one unit (a leaf), and which have fields or items of their own.
import type { Schema } from "../../apis/schema/schema.ts";
import { fieldsOf, isFields, type JsonFields } from "../../base/json.ts";

/**
 * `leaf`: a scalar, an atomic map, or a list without keys. `map`: each field has owners. `list`: each item has owners.
 * A value without a schema (in an object that preserves unknown fields) has the form of its JSON.
 */
type Form = "leaf" | "map" | "list";

function formOf(schema: Schema | undefined, value: unknown): Form {
  const isList = Array.isArray(value) || (value === null && schema?.type === "array");
  if (isList) return schema?.listKeys || schema?.set ? "list" : "leaf";
  const isMap = isFields(value) || (value === null && schema?.type === "object");
  return isMap && !schema?.atomic ? "map" : "leaf";
}

/** Returns the form of one value in two versions, of which one may be undefined; `other` if the forms differ. */
export function formOfBoth(schema: Schema | undefined, before: unknown, after: unknown): Form | "other" {
  if (isBlank(before) && isBlank(after)) return "leaf";
  if (before === undefined || before === null) return formOf(schema, after);
  const form = formOf(schema, before);
  return after === undefined || after === null || formOf(schema, after) === form ? form : "other";
}

/** A missing value, null, `{}` and `[]`. Two such values are compared as a unit. */
function isBlank(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

/** Returns the form of a value; `empty` for null, and for a map without fields. */
export function formOfOne(schema: Schema | undefined, value: unknown): Form | "empty" {
  const form = formOf(schema, value);
  return form === "map" && isBlank(value) ? "empty" : form;
}

export function childSchema(schema: Schema | undefined, name: string): Schema | undefined {
  return isDeclared(schema, name) ? schema?.properties?.[name] : schema?.additionalProperties;
}

export function isDeclared(schema: Schema | undefined, name: string): boolean {
  return schema?.properties !== undefined && Object.hasOwn(schema.properties, name);
}

export function ownField(fields: JsonFields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/** Returns the names of the fields of both versions. */
export function namesOf(before: unknown, after: unknown): readonly string[] {
  const names = [...Object.keys(fieldsOf(before)), ...Object.keys(fieldsOf(after))];
  return [...new Set(names)].filter(
    (name) => ownField(fieldsOf(before), name) !== undefined || ownField(fieldsOf(after), name) !== undefined,
  );
}

export function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
