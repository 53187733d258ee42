// Provides the structural schema of each kind, and finds the fields of an object that its schema does not have.
import { dataStructs, namespace } from "../fields/data.ts";
import type { StructType } from "../fields/field.ts";
import { knativeStructs } from "../fields/serving.ts";
import { type Kind, kindOf } from "../kinds.ts";
import type { AnyObject } from "../meta/object.ts";
import { crdSchema, type Schema } from "./schema.ts";
import { unknownPaths } from "./structural.ts";

const CHECKED: ReadonlyMap<Kind, StructType> = new Map<Kind, StructType>([
  ...[...knativeStructs].filter(([kind]) => kind !== "PodAutoscaler.autoscaling.internal.knative.dev"),
  ...dataStructs,
  ["Namespace", namespace],
]);
/** A schema is derived at its first use, because most commands use few kinds. */
const derived = new Map<Kind, Schema>();

/** Returns the schema of a kind; undefined for kinds whose objects are not checked against one. */
export function schemaOf(kind: Kind): Schema | undefined {
  const struct = CHECKED.get(kind);
  const schema = derived.get(kind) ?? (struct && crdSchema(struct));
  if (schema) derived.set(kind, schema);
  return schema;
}

/**
 * Returns the sorted paths of the fields that the kind's schema does not have; no paths for a kind without a schema.
 */
export function unknownFields(object: AnyObject): readonly string[] {
  const schema = schemaOf(kindOf(object));
  return schema ? unknownPaths(schema, object) : [];
}
