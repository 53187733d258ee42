// Which schema a kind has, and what the API server does with it: unknown fields, pruning, defaults, structural errors.
import { type Kind, kindOf } from "../kinds.ts";
import type { AnyObject } from "../meta/object.ts";
import { metadataSchema } from "./meta-schema.ts";
import { flag, object, type Schema, text, textMap, texts } from "./schema.ts";
import {
  configurationSchema,
  domainMappingSchema,
  revisionSchema,
  routeSchema,
  serviceSchema,
} from "./serving-schemas.ts";
import { unknownPaths } from "./structural.ts";

const plain = (properties: Readonly<Record<string, Schema>>): Schema =>
  object({ apiVersion: text, kind: text, metadata: metadataSchema, ...properties });

const schemas: ReadonlyMap<Kind, Schema> = new Map<Kind, Schema>([
  ["Service.serving.knative.dev", serviceSchema],
  ["Configuration.serving.knative.dev", configurationSchema],
  ["Route.serving.knative.dev", routeSchema],
  ["Revision.serving.knative.dev", revisionSchema],
  ["DomainMapping.serving.knative.dev", domainMappingSchema],
  ["ConfigMap", plain({ data: textMap, binaryData: textMap, immutable: flag })],
  ["Secret", plain({ data: textMap, stringData: textMap, immutable: flag, type: text })],
  ["Namespace", plain({ spec: object({ finalizers: texts }), status: { type: "object", preserveUnknown: true } })],
]);

/** The schema of a kind; undefined for kinds whose documents are taken as they come. */
export function schemaOf(kind: Kind): Schema | undefined {
  return schemas.get(kind);
}

/** Fields that no schema knows, as `spec.template.spec.foo`, sorted; none for kinds without a schema. */
export function unknownFields(object: AnyObject): readonly string[] {
  const schema = schemaOf(kindOf(object));
  return schema ? unknownPaths(schema, object) : [];
}
