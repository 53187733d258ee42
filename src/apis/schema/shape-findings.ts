// Checks built-in and internal kinds, and the statuses of all kinds, against the Go types.
import { withoutNullFields } from "../../base/json.ts";
import { builtinStructs } from "../fields/core.ts";
import type { StructType } from "../fields/field.ts";
import { internalStructs } from "../fields/internal.ts";
import { statusStruct } from "../fields/status.ts";
import { type Kind, kindOf } from "../kinds.ts";
import type { AnyObject } from "../meta/object.ts";
import { goSchema, type Schema } from "./schema.ts";
import { type SchemaFinding, schemaFindings } from "./structural.ts";

/** The top-level fields that objects of built-in kinds need. Deployments have their own findings. */
const REQUIRED: Readonly<Partial<Record<Kind, readonly string[]>>> = {
  Pod: ["spec"],
  Service: ["spec"],
  PersistentVolumeClaim: ["spec"],
  Event: ["involvedObject"],
};
const shapes = new Map<Kind, Schema | undefined>();
const statusShapes = new Map<Kind, Schema | undefined>();

/** Returns the object without null fields, as Go decodes it, and its findings. */
export function checkShape(object: AnyObject): { object: AnyObject; findings: readonly SchemaFinding[] } {
  const findings = findingsOf(shapes, shapeOf, object);
  // Most objects have no null, and the search makes no copies.
  return { object: containsNull(object) ? (withoutNullFields(object) as AnyObject) : object, findings };
}

/** Returns the findings of the status, for all kinds. */
export function statusFindings(object: AnyObject): readonly SchemaFinding[] {
  return findingsOf(statusShapes, statusShapeOf, object);
}

/** Returns the findings of a shape, which is derived at its first use, because most commands use few kinds. */
function findingsOf(
  known: Map<Kind, Schema | undefined>,
  derive: (kind: Kind) => Schema | undefined,
  object: AnyObject,
): readonly SchemaFinding[] {
  const kind = kindOf(object);
  if (!known.has(kind)) known.set(kind, derive(kind));
  const shape = known.get(kind);
  return shape ? schemaFindings(shape, object) : [];
}

function shapeOf(kind: Kind): Schema | undefined {
  const type: StructType | undefined = internalStructs.get(kind) ?? builtinStructs.get(kind);
  const schema = type && goSchema(type);
  return schema && { ...schema, required: REQUIRED[kind] ?? schema.required };
}

function statusShapeOf(kind: Kind): Schema | undefined {
  const type = statusStruct(kind);
  return type && { type: "object", properties: { status: goSchema(type) } };
}

function containsNull(value: unknown): boolean {
  if (typeof value !== "object") return false;
  if (value === null) return true;
  if (Array.isArray(value)) return value.some(containsNull);
  for (const key in value) if (containsNull((value as Record<string, unknown>)[key])) return true;
  return false;
}
