// Checks the objects of built-in and internal kinds against their structural schemas, without pruning or defaulting.
import { isFields } from "../../base/json.ts";
import { builtinStructs } from "../fields/core.ts";
import { internalStructs } from "../fields/internal.ts";
import { type Kind, kindOf } from "../kinds.ts";
import { joinPath } from "../meta/field-error.ts";
import type { AnyObject } from "../meta/object.ts";
import { type Schema, structSchema } from "./schema.ts";
import { type SchemaFinding, schemaFindings } from "./structural.ts";

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
 * Missing required fields, wrong types and null items of lists. Merge keys may repeat: Kubernetes accepts equal env
 * names.
 */
export function shapeFindings(object: AnyObject): readonly SchemaFinding[] {
  const shape = shapeOf(kindOf(object));
  if (!shape) return [];
  const nulls: SchemaFinding[] = [];
  const { metadata, ...content } = object;
  collectNullItems(content, "", nulls);
  const found = schemaFindings(shape, object).filter(({ reason }) => reason !== "FieldValueDuplicate");
  return [...found, ...nulls];
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
