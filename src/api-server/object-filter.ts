// Filters a collection by the namespace, labelSelector and fieldSelector of a request.
import { matchesLabels } from "../apis/core/label-selector.ts";
import { parseSelector } from "../apis/core/parse-selector.ts";
import type { LabelSelector } from "../apis/core/types.ts";
import { type ApiStatus, refuse } from "../apis/meta/api-status.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import { ok, type Result } from "../base/result.ts";
import type { Selection } from "../control-plane/store/view.ts";
import { type FieldRequirement, matchesFields, parseFieldSelector } from "./field-selector.ts";
import type { ResourcePath } from "./resource-path.ts";

/** Lists the objects of one kind. */
type ListOf = (selection: Selection) => readonly AnyObject[];

export interface ObjectFilter {
  readonly namespace: string | undefined;
  readonly labels: LabelSelector;
  readonly fields: readonly FieldRequirement[];
}

/** Returns the filter of a list, watch or deletecollection. Fails with 400 if a selector is invalid. */
export function parseFilter(path: ResourcePath, query: URLSearchParams): Result<ObjectFilter, ApiStatus> {
  const labels = parseSelector(query.get("labelSelector") ?? "");
  if (!labels.ok) return refuse("BadRequest", labels.error);
  const fields = parseFieldSelector(path.resource.kind, query.get("fieldSelector") ?? "");
  if (!fields.ok) return refuse("BadRequest", fields.error);
  return ok({ namespace: path.namespace, labels: labels.value, fields: fields.value });
}

/** Returns the objects of a kind that match, from the newest state or another one. */
export function filteredObjects(list: ListOf, { namespace, labels, fields }: ObjectFilter): readonly AnyObject[] {
  const listed = list({ labels, namespace });
  return fields.length === 0 ? listed : listed.filter((object) => matchesFields(fields, object));
}

/** Returns true if an object in the filter's namespace matches the selectors. */
export function matchesFilter(object: AnyObject, { labels, fields }: ObjectFilter): boolean {
  return matchesLabels(labels, object.metadata.labels) && matchesFields(fields, object);
}
