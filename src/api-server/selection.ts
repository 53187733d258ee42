// Which objects of a collection a request means: namespace, name, labelSelector, fieldSelector. Pure.

import { matchesLabels, parseSelector } from "../apis/core/label-selector.ts";
import type { LabelSelector } from "../apis/core/types.ts";
import type { Kind } from "../apis/kinds.ts";
import { type ApiStatus, makeFailure } from "../apis/meta/api-status.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import type { ObjectStore } from "../control-plane/store/object-store.ts";
import { type FieldRequirement, matchesFields, parseFieldSelector } from "./field-selector.ts";
import type { Target } from "./target.ts";

export interface Choice {
  readonly namespace?: string;
  readonly labels: LabelSelector;
  readonly fields: readonly FieldRequirement[];
}

/** The choice of a list, watch or deletecollection; 400 when a selector cannot be read. */
export function parseChoice(target: Target, query: URLSearchParams): Choice | { readonly refused: ApiStatus } {
  const labels = parseSelector(query.get("labelSelector") ?? "");
  if ("error" in labels) return { refused: makeFailure("BadRequest", labels.error) };
  const fields = parseFieldSelector(query.get("fieldSelector") ?? "");
  if ("error" in fields) return { refused: makeFailure("BadRequest", fields.error) };
  const named: readonly FieldRequirement[] =
    target.name === undefined ? [] : [{ path: ["metadata", "name"], value: target.name, equal: true }];
  return {
    ...(target.namespace === undefined ? {} : { namespace: target.namespace }),
    labels: labels.selector,
    fields: [...fields.requirements, ...named],
  };
}

/** The objects of the choice that there are now. */
export function chosenObjects(store: Pick<ObjectStore, "list">, kind: Kind, choice: Choice): readonly AnyObject[] {
  const { namespace, labels, fields } = choice;
  const listed = store.list(kind, { labels, ...(namespace === undefined ? {} : { namespace }) });
  return (listed as readonly AnyObject[]).filter((object) => matchesFields(fields, object));
}

/** Does an object of the right namespace belong to the choice? */
export function isChosen(object: AnyObject, { labels, fields }: Choice): boolean {
  return matchesLabels(labels, object.metadata.labels) && matchesFields(fields, object);
}
