// Lets kubectl change between client-side and server-side apply: reads and updates the annotation of client-side apply.
import type { AnyObject } from "../../apis/meta/object.ts";
import type { Schema } from "../../apis/schema/schema.ts";
import { LAST_APPLIED_ANNOTATION } from "../../apis/serving/labels.ts";
import { isFields, parseJson, sortKeys } from "../../base/json.ts";
import { difference, EMPTY, type FieldSet, union } from "./field-set.ts";
import { typedErrorText } from "./typed-errors.ts";
import { differenceOf, fieldSetOf } from "./value-set.ts";

/** Only writes of this manager read and write the annotation. */
const KUBECTL = "kubectl";
/** Kubernetes' limit for all annotations of an object. */
const MAX_BYTES = 256 * 1024;

/**
 * Returns the fields that client-side apply set and that still have the same values. Server-side apply by kubectl may
 * change them without a conflict.
 */
export function fieldsOfLastApplied(schema: Schema, manager: string, live: AnyObject | undefined): FieldSet {
  const annotation = live?.metadata.annotations?.[LAST_APPLIED_ANNOTATION];
  if (manager !== KUBECTL || !annotation) return EMPTY;
  const config = parseJson(annotation);
  if (!isFields(config) || config["apiVersion"] !== live?.apiVersion) return EMPTY;
  if (typedErrorText(schema, config) !== undefined) return EMPTY;
  const { changed, removed } = differenceOf(schema, config, live);
  return difference(fieldSetOf(schema, config), union(changed, removed));
}

/** Returns the object with the configuration in its annotation, if it has the annotation and kubectl applies. */
export function withLastApplied(object: AnyObject, manager: string, config: AnyObject): AnyObject {
  const { annotations } = object.metadata;
  if (manager !== KUBECTL || !annotations?.[LAST_APPLIED_ANNOTATION]) return object;
  const { [LAST_APPLIED_ANNOTATION]: _, ...others } = annotations;
  const text = configText(config);
  const isTooLong = Buffer.byteLength(text) + sizeOf(others) > MAX_BYTES;
  const next = isTooLong ? others : { ...others, [LAST_APPLIED_ANNOTATION]: text };
  return { ...object, metadata: { ...object.metadata, annotations: next } };
}

/** Returns the configuration without the annotation, in kubectl's form: sorted keys, one line, a final newline. */
function configText(config: AnyObject): string {
  const { annotations, ...metadata } = config.metadata;
  const { [LAST_APPLIED_ANNOTATION]: _, ...others } = annotations ?? {};
  const bare = { ...config, metadata: annotations ? { ...metadata, annotations: others } : metadata };
  return `${JSON.stringify(sortKeys(bare))}\n`;
}

function sizeOf(annotations: object): number {
  let size = 0;
  for (const [key, value] of Object.entries(annotations)) size += Buffer.byteLength(key + String(value));
  return size;
}
