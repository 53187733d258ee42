// The structural schemas by kind, and the fields of an object that its schema does not have.
import { builtinStructs } from "../fields/core.ts";
import { knativeStructs } from "../fields/serving.ts";
import { type Kind, kindOf } from "../kinds.ts";
import type { AnyObject } from "../meta/object.ts";
import { type Schema, structSchema } from "./schema.ts";
import { unknownPaths } from "./structural.ts";

const CHECKED: readonly Kind[] = [
  "Service.serving.knative.dev",
  "Configuration.serving.knative.dev",
  "Route.serving.knative.dev",
  "Revision.serving.knative.dev",
  "DomainMapping.serving.knative.dev",
  "ConfigMap",
  "Secret",
  "Namespace",
];
const schemas: ReadonlyMap<Kind, Schema> = new Map(
  CHECKED.flatMap((kind): readonly (readonly [Kind, Schema])[] => {
    const struct = knativeStructs.get(kind) ?? builtinStructs.get(kind);
    return struct ? [[kind, structSchema(struct)]] : [];
  }),
);

/** The schema of a kind; undefined for kinds whose objects are not checked against one. */
export function schemaOf(kind: Kind): Schema | undefined {
  return schemas.get(kind);
}

/**
 * Paths of the fields that the kind's schema does not have (`spec.template.spec.foo`), sorted; none without a schema.
 */
export function unknownFields(object: AnyObject): readonly string[] {
  const schema = schemaOf(kindOf(object));
  return schema ? unknownPaths(schema, object) : [];
}
