// Provides the schema by which field managers compare and merge the objects of a kind: Knative's CRD or the Go type,
// with the metadata and the status of the API.
import { callStructs } from "../fields/calls.ts";
import { builtinStructs } from "../fields/core.ts";
import { derivedStructs } from "../fields/derived.ts";
import { internalStructs } from "../fields/internal.ts";
import { kindStruct } from "../fields/meta.ts";
import { statusStruct } from "../fields/status.ts";
import type { Kind } from "../kinds.ts";
import { goSchema, type Schema } from "./schema.ts";
import { schemaOf } from "./schemas.ts";

const derived = new Map<Kind, Schema>();
/** The CRDs do not define metadata. */
const METADATA = kindStruct("PartialObjectMetadata", {});

/** Returns the schema of a kind; of a kind without a table, a schema that accepts all fields. */
export function mergeSchemaOf(kind: Kind): Schema {
  const known = derived.get(kind);
  if (known) return known;
  const schema = derive(kind);
  derived.set(kind, schema);
  return schema;
}

function derive(kind: Kind): Schema {
  const go = builtinStructs.get(kind) ?? internalStructs.get(kind) ?? derivedStructs.get(kind) ?? callStructs.get(kind);
  const content = go ? goSchema(go) : (schemaOf(kind) ?? { type: "object", preserveUnknown: true });
  const status = statusStruct(kind);
  const properties = { ...content.properties, ...goSchema(METADATA).properties };
  return { ...content, properties: status ? { ...properties, status: goSchema(status) } : properties };
}
