// Writes watch rules into the text of knap.yaml. Comments stay; the spacing of the file may change.
import { relative, sep } from "node:path";
import { isAlias, isMap, LineCounter, type Node, parseDocument, type YAMLMap } from "yaml";
import { failed, ok, type Result } from "../base/result.ts";
import type { WatchRule } from "./project.ts";

/** Returns the rule with the keys of knap.yaml. `folder`: that of knap.yaml. */
function settingsOf({ path, action, target, include, ignore }: WatchRule, folder: string) {
  const below = relative(folder, path).split(sep).join("/");
  return {
    path: below === "" ? "." : below.startsWith("../") ? below : `./${below}`,
    ...(target !== undefined && { target }),
    action,
    ...(include.length > 0 && { include }),
    ...(ignore.length > 0 && { ignore }),
  };
}

/** Whether other places of the text have the same value, or the map has settings of another place. */
const isShared = (node: unknown): node is Node =>
  isAlias(node) || (isMap(node) && (node.anchor !== undefined || node.has("<<")));

/**
 * Returns the text with `develop.watch` of each Service, by its name. The text must be a valid knap.yaml in which the
 * Services have no rules. Fails with the line if a map to write to is an alias, has an anchor or merges another one.
 */
export function withWatchRules(
  text: string,
  rules: ReadonlyMap<string, readonly WatchRule[]>,
  folder: string,
): Result<string> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const shared: string[] = [];
  const mapIn = (parent: YAMLMap, key: string): YAMLMap => {
    const known = parent.get(key, true);
    if (isShared(known)) {
      const { line } = lines.linePos(known.range?.[0] ?? 0);
      shared.push(`line ${line}: the rules of ${key} would change or hide settings that it shares by a YAML alias`);
    }
    const map = isMap(known) ? known : document.createNode({});
    if (map !== known) parent.set(key, map);
    // Rules would make one long line of a map in braces.
    map.flow = false;
    return map;
  };
  const root = isMap(document.contents) ? document.contents : document.createNode({});
  root.flow = false;
  document.contents = root as never;
  for (const [name, each] of rules) {
    const develop = mapIn(mapIn(mapIn(root, "services"), name), "develop");
    const list = document.createNode(each.map((rule) => document.createNode(settingsOf(rule, folder), { flow: true })));
    develop.set("watch", list);
  }
  const [first] = shared;
  return first === undefined ? ok(document.toString({ lineWidth: 0 })) : failed(first);
}
