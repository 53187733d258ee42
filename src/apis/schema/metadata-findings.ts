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
  return [
    ...(name ? nameRule(name).map((why) => invalid("metadata.name", name, why)) : []),
    ...keyFindings("metadata.labels", labels, (key) => key),
    ...Object.values(labels ?? {}).flatMap((value) =>
      labelValueErrors(value).map((why) => invalid("metadata.labels", value, why)),
    ),
    // Annotation keys may be in upper case.
    ...keyFindings("metadata.annotations", annotations, (key) => key.toLowerCase()),
    ...sizeFinding(annotations),
  ];
}

function keyFindings(path: string, map: StringMap | undefined, judged: (key: string) => string) {
  return Object.keys(map ?? {}).flatMap((key) =>
    qualifiedNameErrors(judged(key)).map((why) => invalid(path, key, why)),
  );
}

function sizeFinding(annotations: StringMap | undefined): readonly SchemaFinding[] {
  const encoder = new TextEncoder();
  const bytes = (text: string): number => (typeof text === "string" ? encoder.encode(text).length : 0);
  const size = Object.entries(annotations ?? {}).reduce((sum, [key, value]) => sum + bytes(key) + bytes(value), 0);
  if (size <= LARGEST_ANNOTATIONS) return [];
  const message = `Too long: may not be more than ${LARGEST_ANNOTATIONS} bytes`;
  return [{ path: "metadata.annotations", message, reason: "FieldValueTooLong" }];
}

function invalid(path: string, value: string, why: string): SchemaFinding {
  return { path, message: `Invalid value: ${JSON.stringify(value)}: ${why}`, reason: "FieldValueInvalid" };
}
