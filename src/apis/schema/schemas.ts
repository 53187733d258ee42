// Provides the structural schema of each kind, and finds the fields of an object that its schema does not have.
import { dataStructs, namespace } from "../fields/data.ts";
import type { StructType } from "../fields/field.ts";
import { knativeStructs } from "../fields/serving.ts";
import { statusStruct } from "../fields/status.ts";
import { type Kind, kindOf } from "../kinds.ts";
import type { AnyObject } from "../meta/object.ts";
import { crdSchema, goSchema, type Schema } from "./schema.ts";
import { pruneAndDefault, unknownPaths } from "./structural.ts";

const CHECKED: ReadonlyMap<Kind, StructType> = new Map<Kind, StructType>([
  ...[...knativeStructs].filter(([kind]) => kind !== "PodAutoscaler.autoscaling.internal.knative.dev"),
  ...dataStructs,
  ["Namespace", namespace],
]);
/** A schema is derived at its first use, because most commands use few kinds. */
const derived = new Map<Kind, Schema>();
const derivedStatuses = new Map<Kind, Schema | undefined>();

/** Returns the schema of a kind; undefined for kinds whose objects are not checked against one. */
export function schemaOf(kind: Kind): Schema | undefined {
  const struct = CHECKED.get(kind);
  const schema = derived.get(kind) ?? (struct && crdSchema(struct));
  if (schema) derived.set(kind, schema);
  return schema;
}

/** Returns the schema of a status, whose fields the CRDs list too; undefined for kinds that are not checked. */
function statusSchemaOf(kind: Kind): Schema | undefined {
  if (!derivedStatuses.has(kind)) {
    const struct = CHECKED.has(kind) ? statusStruct(kind) : undefined;
    derivedStatuses.set(kind, struct && goSchema(struct));
  }
  return derivedStatuses.get(kind);
}

/**
 * Returns the sorted paths of the fields that the kind's schema does not have; no paths for a kind without a schema.
 */
export function unknownFields(object: AnyObject): readonly string[] {
  const kind = kindOf(object);
  const schema = schemaOf(kind);
  if (!schema) return [];
  const status = object.status === undefined ? undefined : statusSchemaOf(kind);
  const inStatus = status ? unknownPaths(status, object.status).map((path) => `status.${path}`) : [];
  return [...unknownPaths(schema, object), ...inStatus];
}

/** Returns the status without the fields that the kind's schema does not have. */
export function knownStatus(kind: Kind, status: unknown): unknown {
  const schema = statusSchemaOf(kind);
  return schema ? pruneAndDefault(schema, status) : status;
}
