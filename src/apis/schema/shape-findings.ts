// Checks the objects of built-in and internal kinds against their structural schemas, without pruning or defaulting.
import { isFields, withoutNullFields } from "../../base/json.ts";
import { builtinStructs } from "../fields/core.ts";
import { internalStructs } from "../fields/internal.ts";
import { type Kind, kindOf } from "../kinds.ts";
import { joinPath } from "../meta/field-error.ts";
import type { AnyObject } from "../meta/object.ts";
import { type Schema, structSchema } from "./schema.ts";
import { isValid, type SchemaFinding, schemaFindings } from "./structural.ts";

/** Built-in kinds whose objects need a spec. Deployments have their own findings. */
const WITH_SPEC: ReadonlySet<Kind> = new Set<Kind>(["Pod", "Service", "PersistentVolumeClaim"]);
const derived = new Map<Kind, Schema>();

function shapeOf(kind: Kind): Schema | undefined {
  const known = derived.get(kind);
  if (known) return known;
  const type = internalStructs.get(kind) ?? builtinStructs.get(kind);
  if (!type) return undefined;
  const schema = structSchema(type);
  const shape = WITH_SPEC.has(kind) ? { ...schema, required: ["spec"] } : schema;
  derived.set(kind, shape);
  return shape;
}

/**
 * Checks an object of a kind without a CRD. Returns it without null fields, as Go decodes it, and its findings: missing
 * required fields, wrong types and null items of lists. Merge keys may repeat: Kubernetes accepts equal env names.
 */
export function checkShape(object: AnyObject): { object: AnyObject; findings: readonly SchemaFinding[] } {
  const shape = shapeOf(kindOf(object));
  const hasNulls = containsNull(object);
  // Most objects are valid, so the first pass computes no paths.
  if (!hasNulls && (!shape || isValid(shape, object))) return { object, findings: [] };
  const nulls: SchemaFinding[] = [];
  const { metadata, ...content } = object;
  if (shape) collectNullItems(content, "", nulls);
  const found = shape ? schemaFindings(shape, object).filter(({ reason }) => reason !== "FieldValueDuplicate") : [];
  return { object: hasNulls ? (withoutNullFields(object) as AnyObject) : object, findings: [...found, ...nulls] };
}

function containsNull(value: unknown): boolean {
  if (typeof value !== "object") return false;
  if (value === null) return true;
  if (Array.isArray(value)) return value.some(containsNull);
  for (const key in value) if (containsNull((value as Record<string, unknown>)[key])) return true;
  return false;
}

function collectNullItems(value: unknown, path: string, found: SchemaFinding[]): void {
  if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) {
      const place = `${path}[${at}]`;
      if (item === null) found.push(nullItem(place));
      else collectNullItems(item, place, found);
    }
  } else if (isFields(value)) {
    for (const [key, inner] of Object.entries(value)) collectNullItems(inner, joinPath(path, key), found);
  }
}

function nullItem(path: string): SchemaFinding {
  const message = `Invalid value: "null": ${path} in body must not be null: "null"`;
  return { path, message, reason: "FieldValueTypeInvalid" };
}
