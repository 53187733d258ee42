// Filters a collection by the namespace, name, labelSelector and fieldSelector of a request.
import { matchesLabels, parseSelector } from "../apis/core/label-selector.ts";
import type { LabelSelector } from "../apis/core/types.ts";
import type { Kind } from "../apis/kinds.ts";
import { type ApiStatus, refuse } from "../apis/meta/api-status.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import { isFields } from "../base/json.ts";
import { failed, ok, type Result } from "../base/result.ts";
import type { ObjectStore } from "../control-plane/store/object-store.ts";
import type { ResourcePath } from "./resource-path.ts";

interface FieldRequirement {
  readonly path: readonly string[];
  readonly value: string;
  readonly equal: boolean;
}

export interface ObjectFilter {
  readonly namespace: string | undefined;
  readonly labels: LabelSelector;
  readonly fields: readonly FieldRequirement[];
}

/** Returns the filter of a list, watch or deletecollection. Fails with 400 if a selector is invalid. */
export function parseFilter(path: ResourcePath, query: URLSearchParams): Result<ObjectFilter, ApiStatus> {
  const labels = parseSelector(query.get("labelSelector") ?? "");
  if (!labels.ok) return refuse("BadRequest", labels.error);
  const fields = parseFieldSelector(query.get("fieldSelector") ?? "");
  if (!fields.ok) return refuse("BadRequest", fields.error);
  const named: readonly FieldRequirement[] =
    path.name === undefined ? [] : [{ path: ["metadata", "name"], value: path.name, equal: true }];
  return ok({ namespace: path.namespace, labels: labels.value, fields: [...fields.value, ...named] });
}

export function filteredObjects(
  store: Pick<ObjectStore, "list">,
  kind: Kind,
  { namespace, labels, fields }: ObjectFilter,
): readonly AnyObject[] {
  const listed: readonly AnyObject[] = store.list(kind, { labels, namespace });
  return listed.filter((object) => matchesFields(fields, object));
}

/** Returns true if an object in the filter's namespace matches the selectors. */
export function matchesFilter(object: AnyObject, { labels, fields }: ObjectFilter): boolean {
  return matchesLabels(labels, object.metadata.labels) && matchesFields(fields, object);
}

/** Parses `metadata.name=a,status.phase!=Pending`. The error contains the invalid term. */
function parseFieldSelector(text: string): Result<readonly FieldRequirement[]> {
  const requirements: FieldRequirement[] = [];
  for (const term of text.split(",").filter((part) => part !== "")) {
    const [, path = "", sign, value = ""] = /^([^=!]+)(==|=|!=)(.*)$/.exec(term) ?? [];
    if (path === "") return failed(`invalid field selector: "${text}": can't understand '${term}'`);
    requirements.push({ path: path.split("."), value, equal: sign !== "!=" });
  }
  return ok(requirements);
}

/** A missing field has the value "". */
function matchesFields(requirements: readonly FieldRequirement[], object: AnyObject): boolean {
  return requirements.every(({ path, value, equal }) => (fieldText(object, path) === value) === equal);
}

function fieldText(object: unknown, path: readonly string[]): string {
  let value = object;
  for (const part of path) value = isFields(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  return value === undefined || value === null || typeof value === "object" ? "" : String(value);
}
