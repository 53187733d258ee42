// Decodes YAML inside ConfigMap values as sigs.k8s.io/yaml does.
import { isFields } from "../../base/json.ts";
import { failed, ok, type Result } from "../../base/result.ts";
import { readDocuments } from "../../base/yaml/documents.ts";
import type { FieldType, StructType } from "../fields/field.ts";
import { decode } from "../go/decode.ts";

/**
 * Returns the value of the first document in the form that `decode` returns. Errors have the form of sigs.k8s.io/yaml.
 */
export function decodeYaml<T>(text: string, type: FieldType): Result<T> {
  const [document] = readDocuments(text);
  const broken = document?.findings.find(({ severity }) => severity === "error");
  if (broken) return failed(`error converting YAML to JSON: yaml: line ${broken.position.line}: ${broken.message}`);
  const { value, errors } = decode(type, withStrings(type, document?.json ?? null));
  const [first] = errors;
  if (first) return failed(`error unmarshaling JSON: while decoding JSON: ${first.message}`);
  return ok(value as T);
}

/** Numbers and booleans are accepted where the type is a string. */
function withStrings(type: FieldType | undefined, json: unknown): unknown {
  if (type === "string" && (typeof json === "number" || typeof json === "boolean")) return String(json);
  if (typeof type !== "object" || !isFields(json)) return json;
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, withStrings(typeOf(type, key), value)]));
}

function typeOf(type: Exclude<FieldType, string>, key: string): FieldType | undefined {
  if ("map" in type) return type.map;
  return (type as Partial<StructType>).byName?.get(key)?.type;
}
