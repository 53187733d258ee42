// Any JSON value as YAML text. For people and pipes: what the user's own files hold is never rewritten with it.
import { stringify } from "yaml";

/** YAML 1.1 as kubectl reads it, without anchors; no line end at the end. */
export function yamlText(value: unknown): string {
  return stringify(value, { version: "1.1", aliasDuplicateObjects: false, lineWidth: 0 }).trimEnd();
}
