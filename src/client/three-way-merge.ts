// Implements the three-way merge of client-side `kubectl apply`: sets the fields of the new file and removes fields
// that only the old file had. Pure.

import type { AnyObject } from "../apis/meta/object.ts";
import { LAST_APPLIED_ANNOTATION } from "../apis/serving/labels.ts";
import { fieldsOf, isFields, type JsonFields, sameJson, sortKeys } from "../base/json.ts";

/** Adds the last-applied annotation: the object as JSON in kubectl's form (sorted keys, one line, final newline). */
export function withLastApplied(object: AnyObject): AnyObject {
  const { [LAST_APPLIED_ANNOTATION]: _, ...annotations } = object.metadata.annotations ?? {};
  const bare = { ...object, metadata: { ...object.metadata, annotations } };
  const text = `${JSON.stringify(sortKeys(bare))}\n`;
  return { ...bare, metadata: { ...bare.metadata, annotations: { ...annotations, [LAST_APPLIED_ANNOTATION]: text } } };
}

/** Returns the object in the last-applied annotation; `{}` if the annotation is missing or not JSON. */
export function lastApplied(object: AnyObject): unknown {
  try {
    return JSON.parse(object.metadata.annotations?.[LAST_APPLIED_ANNOTATION] ?? "{}") as unknown;
  } catch {
    return {};
  }
}

/** Returns the merge patch that applies `modified`; `{}` if nothing differs. */
export function makeThreeWayPatch(original: unknown, modified: AnyObject, current: AnyObject): JsonFields {
  const additions = changesOf(current, modified);
  const deletions = removalsOf(original, modified);
  return overlay(deletions, additions);
}

/** Fields that are new or different in `to`, without removals. */
function changesOf(from: unknown, to: unknown): JsonFields {
  if (!isFields(to)) return {};
  const base = fieldsOf(from);
  const changes = new Map<string, unknown>();
  for (const [key, value] of Object.entries(to)) {
    if (isFields(value) && isFields(base[key])) {
      const below = changesOf(base[key], value);
      if (Object.keys(below).length > 0) changes.set(key, below);
    } else if (value !== undefined && value !== null && !sameJson(base[key], value)) changes.set(key, value);
  }
  return Object.fromEntries(changes);
}

/** Returns an object with null for each field that only `from` has. */
function removalsOf(from: unknown, to: unknown): JsonFields {
  if (!isFields(from)) return {};
  const target = fieldsOf(to);
  const removals = new Map<string, unknown>();
  for (const [key, value] of Object.entries(from)) {
    if (target[key] === undefined || target[key] === null) removals.set(key, null);
    else if (isFields(value) && isFields(target[key])) {
      const below = removalsOf(value, target[key]);
      if (Object.keys(below).length > 0) removals.set(key, below);
    }
  }
  return Object.fromEntries(removals);
}

function overlay(base: JsonFields, top: JsonFields): JsonFields {
  const both = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(top)) {
    const below = both.get(key);
    both.set(key, isFields(below) && isFields(value) ? overlay(below, value) : value);
  }
  return Object.fromEntries(both);
}
