// Parses object names on a command line as kubectl does: `ksvc`, `ksvc hello`, `ksvc/hello rev/hello-00001`,
// `ksvc,rev`, `all`, and label selectors. One difference: `service` means Knative's Service, and `svc` means
// Kubernetes' Service. Pure.

import type { LabelSelector } from "../../apis/core/types.ts";
import { type Resource, resources } from "../../apis/kinds.ts";
import { failed, ok, type Result } from "../../base/result.ts";

/** Objects of one kind. Without names: all of them. */
export interface ResourceTarget {
  readonly resource: Resource;
  readonly names: readonly string[];
}

function matches(resource: Resource, word: string): boolean {
  const { plural, singular, shortNames, group, version } = resource;
  const short = [plural, singular, ...shortNames];
  const full = group === "" ? short : [...short, `${plural}.${group}`, `${plural}.${version}.${group}`];
  return full.includes(word);
}

/** The resource of a word, case-insensitive. Knative's kinds go before those of Kubernetes, except for `svc`. */
export function resourceOfWord(word: string): Resource | undefined {
  const lower = word.toLowerCase();
  return resources.find((resource) => matches(resource, lower));
}

function nearest(word: string): string {
  const known = resources.flatMap(({ plural, singular, shortNames }) => [plural, singular, ...shortNames]);
  const near = known.filter((name) => name.startsWith(word.slice(0, 3)));
  return near.length > 0 ? ` (did you mean ${near.slice(0, 3).join(", ")}?)` : "";
}

/** Kinds of one word: `ksvc,rev`, or the category `all`. */
function resourcesOfWord(word: string): Result<readonly Resource[]> {
  const found: Resource[] = [];
  for (const part of word.split(",").filter((each) => each !== "")) {
    const category = resources.filter(({ categories }) => categories.includes(part));
    const one = resourceOfWord(part);
    if (one === undefined && category.length === 0) {
      return failed(`the server doesn't have a resource type "${part}"${nearest(part)}`);
    }
    found.push(...(one === undefined ? category : [one]));
  }
  return ok(found);
}

/** The words after `get`, `describe`, `delete` or `wait`. */
export function parseTargets(words: readonly string[]): Result<readonly ResourceTarget[]> {
  const [first = "", ...names] = words;
  if (!first.includes("/")) {
    const found = resourcesOfWord(first);
    if (!found.ok) return found;
    return ok(found.value.map((resource) => ({ resource, names })));
  }
  const targets: ResourceTarget[] = [];
  for (const word of words) {
    const [kind = "", name = ""] = word.split("/", 2);
    if (!word.includes("/")) return failed(`"${word}" must be KIND/NAME, like the arguments before it`);
    const resource = resourceOfWord(kind);
    if (resource === undefined) return failed(`the server doesn't have a resource type "${kind}"${nearest(kind)}`);
    if (name === "") return failed(`"${word}" names no object`);
    targets.push({ resource, names: [name] });
  }
  return ok(targets);
}

/** `service.serving.knative.dev/hello`, as in `-o name` and messages. */
export function fullName(resource: Resource, name: string): string {
  return `${resource.singular}${resource.group === "" ? "" : `.${resource.group}`}/${name}`;
}

/** Splits at commas that stand outside of parentheses. */
const split = (text: string): readonly string[] => text.split(/,(?![^(]*\))/).map((part) => part.trim());

export function parseSelectorFlag(text: string): Result<LabelSelector> {
  const matchLabels: Record<string, string> = {};
  const matchExpressions: { key: string; operator: string; values?: readonly string[] }[] = [];
  for (const part of split(text)) {
    const set = /^([\w./-]+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(part);
    const equal = /^([\w./-]+)\s*(==|=|!=)\s*([\w.-]*)$/.exec(part);
    const exists = /^(!?)([\w./-]+)$/.exec(part);
    if (set) {
      const values = (set[3] ?? "").split(",").map((value) => value.trim());
      matchExpressions.push({ key: set[1] ?? "", operator: set[2] === "in" ? "In" : "NotIn", values });
    } else if (equal?.[2] === "!=") {
      matchExpressions.push({ key: equal[1] ?? "", operator: "NotIn", values: [equal[3] ?? ""] });
    } else if (equal) matchLabels[equal[1] ?? ""] = equal[3] ?? "";
    else if (exists) matchExpressions.push({ key: exists[2] ?? "", operator: exists[1] ? "DoesNotExist" : "Exists" });
    else return failed(`cannot read the selector "${part}"`);
  }
  return ok({
    ...(Object.keys(matchLabels).length > 0 && { matchLabels }),
    ...(matchExpressions.length > 0 && { matchExpressions }),
  });
}
