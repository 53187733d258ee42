// Writes watch rules into the text of knap.yaml. Comments stay; the spacing of the file may change.
import { relative, sep } from "node:path";
import { isMap, parseDocument, type YAMLMap } from "yaml";
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

/**
 * Returns the text with `develop.watch` of each Service, by its name. The text must be a valid knap.yaml in which the
 * Services have no rules.
 */
export function withWatchRules(text: string, rules: ReadonlyMap<string, readonly WatchRule[]>, folder: string): string {
  const document = parseDocument(text);
  const mapIn = (parent: YAMLMap, key: string): YAMLMap => {
    const known = parent.get(key, true);
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
  return document.toString({ lineWidth: 0 });
}
