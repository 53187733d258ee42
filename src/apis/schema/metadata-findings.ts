// Validates metadata: the name, the keys and values of labels, the keys and total size of annotations, finalizers and
// owners.
// Source: k8s.io/apimachinery/pkg/api/validation/objectmeta.go.
import { type Kind, kindOf } from "../kinds.ts";
import {
  dns1035LabelErrors,
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  labelValueErrors,
  qualifiedNameErrors,
  withoutTrailingDash,
} from "../meta/names.ts";
import type { AnyObject, OwnerReference, StringMap } from "../meta/object.ts";
import type { SchemaFinding } from "./structural.ts";

/** The names of all other kinds must be DNS subdomains. */
const NAME_RULES: Readonly<Partial<Record<Kind, (name: string) => readonly string[]>>> = {
  Namespace: dns1123LabelErrors,
  Service: dns1035LabelErrors,
};
const MAX_ANNOTATION_BYTES = 256 * 1024;

/** Does not report a missing name: the store refuses it. */
export function metadataFindings(object: AnyObject): readonly SchemaFinding[] {
  const { name, generateName, labels, annotations, finalizers, ownerReferences } = object.metadata;
  const nameRule = NAME_RULES[kindOf(object)] ?? dns1123SubdomainErrors;
  const found: SchemaFinding[] = [];
  const check = (path: string, value: string, errors: readonly string[]): void => {
    for (const error of errors) found.push(invalid(path, value, error));
  };
  if (generateName) check("metadata.generateName", generateName, nameRule(withoutTrailingDash(generateName)));
  if (name) check("metadata.name", name, nameRule(name));
  for (const key of Object.keys(labels ?? {})) check("metadata.labels", key, qualifiedNameErrors(key));
  for (const value of Object.values(labels ?? {})) check("metadata.labels", value, labelValueErrors(value));
  // Annotation keys may contain capital letters in their prefix.
  for (const key of Object.keys(annotations ?? {})) {
    check("metadata.annotations", key, qualifiedNameErrors(key.toLowerCase()));
  }
  // Go decodes null as an empty name.
  for (const given of finalizers ?? []) check("metadata.finalizers", given ?? "", qualifiedNameErrors(given ?? ""));
  return [...found, ...ownerFindings(ownerReferences ?? []), ...sizeFinding(annotations)];
}

/** Go decodes a missing field as "", and a null owner as one without fields. As in Kubernetes, paths have no index. */
function ownerFindings(owners: readonly (Partial<OwnerReference> | null)[]): readonly SchemaFinding[] {
  const path = "metadata.ownerReferences";
  const found = owners.flatMap((owner) => {
    const { apiVersion, kind, name, uid } = owner ?? {};
    const errors: SchemaFinding[] = [];
    if (!apiVersion) errors.push(invalid(`${path}.apiVersion`, "", "version must not be empty"));
    for (const [field, value] of Object.entries({ kind, name, uid })) {
      if (!value) errors.push(invalid(`${path}.${field}`, "", "must not be empty"));
    }
    return errors;
  });
  const controllers = owners.flatMap((owner) => (owner?.controller === true ? [owner.name ?? ""] : []));
  if (controllers.length < 2) return found;
  const rule = "Only one reference can have Controller set to true";
  const [first, second] = controllers;
  const message = `Invalid value: ${JSON.stringify(owners)}: ${rule}. Found "true" in references for ${first} and ${second}`;
  return [...found, { path, message, reason: "FieldValueInvalid" }];
}

function sizeFinding(annotations: StringMap | undefined): readonly SchemaFinding[] {
  let size = 0;
  for (const [key, value] of Object.entries(annotations ?? {})) {
    size += Buffer.byteLength(key) + (typeof value === "string" ? Buffer.byteLength(value) : 0);
  }
  if (size <= MAX_ANNOTATION_BYTES) return [];
  const message = `Too long: may not be more than ${MAX_ANNOTATION_BYTES} bytes`;
  return [{ path: "metadata.annotations", message, reason: "FieldValueTooLong" }];
}

function invalid(path: string, value: string, error: string): SchemaFinding {
  return { path, message: `Invalid value: ${JSON.stringify(value)}: ${error}`, reason: "FieldValueInvalid" };
}
