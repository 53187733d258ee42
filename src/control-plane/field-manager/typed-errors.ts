// Checks that an applied configuration has the types of the schema: only declared fields, and list items with keys.
import type { Schema } from "../../apis/schema/schema.ts";
import { isFields } from "../../base/json.ts";
import { elementText, fieldElement } from "./field-set.ts";
import { itemElement } from "./path-element.ts";
import { childSchema } from "./typed-value.ts";

/** Reading stops at this number of errors, because a body can have a million errors. */
const MAX_ERRORS = 100;

/** Returns the errors as Kubernetes prints them: one as `.spec.a: text`, more in a list; undefined if there is none. */
export function typedErrorText(schema: Schema, config: unknown): string | undefined {
  const errors: string[] = [];
  collect(schema, config, "", errors);
  if (errors.length < 2) return errors[0];
  return ["errors:", ...errors.map((error) => `  ${error}`)].join("\n");
}

/** Null is valid everywhere but as an item of a keyed list. Without a schema, everything is valid. */
function collect(schema: Schema | undefined, value: unknown, path: string, errors: string[]): void {
  if (!schema || value === null || errors.length >= MAX_ERRORS) return;
  const error = typeError(schema, value);
  if (error !== undefined) errors.push(`${path}: ${error}`);
  else if (Array.isArray(value)) collectItems(schema, value, path, errors);
  else if (isFields(value)) {
    for (const [name, each] of Object.entries(value)) {
      const at = path + elementText(fieldElement(name));
      const field = childSchema(schema, name);
      if (errors.length >= MAX_ERRORS) return;
      if (field) collect(field, each, at, errors);
      else if (!schema.preserveUnknown) errors.push(`${at}: field not declared in schema`);
    }
  }
}

function collectItems(schema: Schema, items: readonly unknown[], path: string, errors: string[]): void {
  const isKeyed = schema.listKeys !== undefined || schema.set === true;
  const seen = new Set<string>();
  for (const [index, item] of items.entries()) {
    if (errors.length >= MAX_ERRORS) return;
    const element = isKeyed ? itemElement(schema, item) : `i:${index}`;
    if (element === undefined) {
      errors.push(`${path}: element ${index}: ${missingKey(schema, item)}`);
      return;
    }
    if (seen.has(element)) errors.push(`${path}: duplicate entries for key ${elementText(element)}`);
    seen.add(element);
    collect(schema.items, item, path + elementText(element), errors);
  }
}

function missingKey({ listKeys }: Schema, item: unknown): string {
  if (!listKeys) return `associative list without keys has an element that is ${kindOf(item)}`;
  if (!isFields(item)) return "associative list with keys may not have non-map elements";
  return `associative list with keys has an element that omits all key fields ${JSON.stringify(listKeys)}`;
}

function typeError({ type, intOrString }: Schema, value: unknown): string | undefined {
  if (intOrString) return typeof value === "object" ? `expected any scalar, got ${kindOf(value)}` : undefined;
  switch (type) {
    case "object":
      return isFields(value) ? undefined : `expected map, got ${kindOf(value)}`;
    case "array":
      return Array.isArray(value) ? undefined : `expected list, got ${kindOf(value)}`;
    case "integer":
      return typeof value === "number" ? undefined : `expected numeric (int or float), got ${kindOf(value)}`;
    case "string":
    case "boolean":
      return typeof value === type ? undefined : `expected ${type}, got ${JSON.stringify(value).slice(0, 100)}`;
    default:
      return undefined;
  }
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "list" : typeof value;
}
