// Prints a JSON value as YAML. knap never rewrites the user's files with it.
import { stringify } from "yaml";

/** YAML 1.1, as kubectl reads it, without anchors and without a final line end. */
export function yamlText(value: unknown): string {
  return stringify(value, { version: "1.1", aliasDuplicateObjects: false, lineWidth: 0 }).trimEnd();
}
