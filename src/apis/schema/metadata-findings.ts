// What Kubernetes itself demands of metadata, of every kind: a fitting name, well-formed label and annotation keys, short label values.
// Source: k8s.io/apimachinery/pkg/api/validation/objectmeta.go.
import { type Kind, kindOf } from "../kinds.ts";
import {
  dns1035LabelErrors,
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  labelValueErrors,
  qualifiedNameErrors,
} from "../meta/names.ts";
import type { AnyObject, StringMap } from "../meta/object.ts";
import type { SchemaFinding } from "./structural.ts";

/** All kinds but these are named as DNS subdomains. */
const NAME_RULES: Readonly<Partial<Record<Kind, (name: string) => readonly string[]>>> = {
  Namespace: dns1123LabelErrors,
  Service: dns1035LabelErrors,
};
const LARGEST_ANNOTATIONS = 256 * 1024;

/** Findings under `metadata`; a missing name is the store's question. */
export function metadataFindings(object: AnyObject): readonly SchemaFinding[] {
  const { name, labels, annotations } = object.metadata;
  const nameRule = NAME_RULES[kindOf(object)] ?? dns1123SubdomainErrors;
  const found: SchemaFinding[] = [];
  const note = (path: string, value: string, errors: readonly string[]): void => {
    for (const why of errors) found.push(invalid(path, value, why));
  };
  if (name) note("metadata.name", name, nameRule(name));
  for (const key of Object.keys(labels ?? {})) note("metadata.labels", key, qualifiedNameErrors(key));
  for (const value of Object.values(labels ?? {})) note("metadata.labels", value, labelValueErrors(value));
  // Annotation keys may be in upper case.
  for (const key of Object.keys(annotations ?? {})) {
    note("metadata.annotations", key, qualifiedNameErrors(key.toLowerCase()));
  }
  return [...found, ...sizeFinding(annotations)];
}

function sizeFinding(annotations: StringMap | undefined): readonly SchemaFinding[] {
  let size = 0;
  for (const [key, value] of Object.entries(annotations ?? {})) {
    size += Buffer.byteLength(key) + (typeof value === "string" ? Buffer.byteLength(value) : 0);
  }
  if (size <= LARGEST_ANNOTATIONS) return [];
  const message = `Too long: may not be more than ${LARGEST_ANNOTATIONS} bytes`;
  return [{ path: "metadata.annotations", message, reason: "FieldValueTooLong" }];
}

function invalid(path: string, value: string, why: string): SchemaFinding {
  return { path, message: `Invalid value: ${JSON.stringify(value)}: ${why}`, reason: "FieldValueInvalid" };
}
