// Parses the subset of YAML inside ConfigMap values: indented maps of maps of strings.
import { failed, ok, type Result } from "../../base/result.ts";

export interface NestedMap {
  readonly [key: string]: string | NestedMap;
}
type Level = { readonly indent: number; readonly map: Record<string, string | NestedMap> };

/**
 * `selector:\n  app: x` → `{ selector: { app: "x" } }`. Skips comments and empty lines; `{}` is an empty map. A bare
 * word is an
 * error, with the text that Go gives for a value of `goType`.
 */
export function nestedMap(text: string, goType: string): Result<NestedMap> {
  if (/^[^\s:{}[\]#][^\n:{}#]*$/.test(text.trim())) {
    const kind = scalarKind(text.trim());
    const why = `json: cannot unmarshal ${kind} into Go value of type ${goType}`;
    return failed(`error unmarshaling JSON: while decoding JSON: ${why}`);
  }
  const root: Record<string, string | NestedMap> = {};
  const levels: Level[] = [{ indent: -1, map: root }];
  const lines = text.split("\n");
  for (const [at, line] of lines.entries()) {
    if (/^\s*(#.*|---|\{\})?\s*$/.test(line)) continue;
    const match = /^( *)("[^"]*"|'[^']*'|[^\s:#][^:]*?)\s*:(?:\s+(.*?))?\s*$/.exec(line);
    if (!match) return failed(`error converting YAML to JSON: yaml: line ${at + 1}: could not find expected ':'`);
    const [, indent = "", key = "", value = ""] = match;
    while ((levels.at(-1)?.indent ?? -1) >= indent.length && levels.length > 1) levels.pop();
    const parent = levels.at(-1) as Level;
    const scalar = value.replace(/\s+#.*$/, "");
    if (scalar === "" || scalar === "{}") {
      const map: Record<string, string | NestedMap> = {};
      parent.map[unquoted(key)] = map;
      levels.push({ indent: indent.length, map });
    } else parent.map[unquoted(key)] = unquoted(scalar);
  }
  return ok(root);
}

function scalarKind(word: string): "bool" | "number" | "string" {
  if (/^(true|false|yes|no|on|off|y|n)$/i.test(word)) return "bool";
  return /^[-+]?(\d[\d_]*(\.\d*)?|\.\d+)([eE][-+]?\d+)?$/.test(word) ? "number" : "string";
}

function unquoted(text: string): string {
  return /^(".*"|'.*')$/.test(text) ? text.slice(1, -1) : text;
}
