// Parses object names on a command line as kubectl does: `ksvc`, `ksvc hello`, `ksvc/hello rev/hello-00001`,
// `ksvc,rev`, `all`. One difference: `service` means Knative's Service, and `svc` means Kubernetes' Service. Pure.

import { kindOf, type Resource, resourceOf, resources } from "../../apis/kinds.ts";
import type { AnyObject } from "../../apis/meta/object.ts";
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

/** Finds a resource by name, in any case. Knative's kinds come before those of Kubernetes, except for `svc`. */
export function resourceOfWord(word: string): Resource | undefined {
  const lower = word.toLowerCase();
  return resources.find((resource) => matches(resource, lower));
}

function nearest(word: string): string {
  const known = resources.flatMap(({ plural, singular, shortNames }) => [plural, singular, ...shortNames]);
  const near = known.filter((name) => name.startsWith(word.slice(0, 3)));
  return near.length > 0 ? ` (did you mean ${near.slice(0, 3).join(", ")}?)` : "";
}

/** Returns the kinds of one argument: `ksvc,rev`, or the category `all`. */
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

/** Parses the arguments of `get`, `describe`, `delete` or `wait`. */
export function parseTargets(args: readonly string[]): Result<readonly ResourceTarget[]> {
  const [first = "", ...names] = args;
  if (!first.includes("/")) {
    const found = resourcesOfWord(first);
    if (!found.ok) return found;
    return ok(found.value.map((resource) => ({ resource, names })));
  }
  const targets: ResourceTarget[] = [];
  for (const word of args) {
    const [kind = "", name = ""] = word.split("/", 2);
    if (!word.includes("/")) return failed(`"${word}" must be KIND/NAME, like the arguments before it`);
    const resource = resourceOfWord(kind);
    if (resource === undefined) return failed(`the server doesn't have a resource type "${kind}"${nearest(kind)}`);
    if (name === "") return failed(`"${word}" names no object`);
    targets.push({ resource, names: [name] });
  }
  return ok(targets);
}

/** Returns `service.serving.knative.dev/hello`, as `-o name` and messages print it. */
export function fullName(resource: Resource, name: string): string {
  return `${resource.singular}${resource.group === "" ? "" : `.${resource.group}`}/${name}`;
}

/** Returns the full name of an object. Prints a kind that knap does not know as written. */
export function fullNameOf(object: AnyObject): string {
  const resource = resourceOf(kindOf(object));
  const { name } = object.metadata;
  return resource === undefined ? `${object.kind}/${name}` : fullName(resource, name);
}
