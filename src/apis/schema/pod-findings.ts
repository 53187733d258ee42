// Validates the names of a Pod's containers. It does not validate the other fields of a Pod.
// Source: pkg/apis/core/validation/validation.go (kubernetes).
import { fieldsOf } from "../../base/json.ts";
import { dns1123LabelErrors } from "../meta/names.ts";
import type { SchemaFinding } from "./structural.ts";

/** `path`: that of the pod spec. Ignores fields of a wrong type, which the schema refuses. */
export function podSpecFindings(spec: unknown, path: string): readonly SchemaFinding[] {
  const known = new Set<string>();
  const { containers, initContainers } = fieldsOf(spec);
  return Object.entries({ containers, initContainers }).flatMap(([field, list]) =>
    (Array.isArray(list) ? list : []).flatMap((container: unknown, index) => {
      const { name = "" } = fieldsOf(container);
      if (typeof name !== "string") return [];
      const found = nameFindings(name, `${path}.${field}[${index}].name`, known);
      known.add(name);
      return found;
    }),
  );
}

function nameFindings(name: string, path: string, known: ReadonlySet<string>): readonly SchemaFinding[] {
  if (name === "") return [{ path, message: "Required value", reason: "FieldValueRequired" }];
  const value = JSON.stringify(name);
  if (known.has(name)) return [{ path, message: `Duplicate value: ${value}`, reason: "FieldValueDuplicate" }];
  return dns1123LabelErrors(name).map((rule) => ({
    path,
    message: `Invalid value: ${value}: ${rule}`,
    reason: "FieldValueInvalid",
  }));
}
