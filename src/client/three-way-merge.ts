// kubectl apply's merge: what the new file says, what the old file said and the new one no longer does, and all else left alone. Pure.

import type { AnyObject } from "../apis/meta/object.ts";
import { LAST_APPLIED_ANNOTATION } from "../apis/serving/labels.ts";
import { fieldsOf, isFields, sameJson } from "../base/json.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The object as it is sent: with itself, as it was given, in the annotation (in kubectl's form: sorted keys, one line, a newline). */
export function withLastApplied(object: AnyObject): AnyObject {
  const { [LAST_APPLIED_ANNOTATION]: _, ...annotations } = object.metadata.annotations ?? {};
  const bare = { ...object, metadata: { ...object.metadata, annotations } };
  const text = `${JSON.stringify(sortKeys(bare))}\n`;
  return { ...bare, metadata: { ...bare.metadata, annotations: { ...annotations, [LAST_APPLIED_ANNOTATION]: text } } };
}

/** What was applied last, if the annotation says so. */
export function lastApplied(object: AnyObject): unknown {
  try {
    return JSON.parse(object.metadata.annotations?.[LAST_APPLIED_ANNOTATION] ?? "{}") as unknown;
  } catch {
    return {};
  }
}

/** A merge patch from `current` to what applying `modified` means; empty when there is nothing to do. */
export function makeThreeWayPatch(original: unknown, modified: AnyObject, current: AnyObject): Fields {
  const additions = changesOf(current, modified);
  const deletions = removalsOf(original, modified);
  return overlay(deletions, additions);
}

/** Fields that are new or other in `to`; removals are not among them. */
function changesOf(from: unknown, to: unknown): Fields {
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

/** Nulls for the fields that `from` has and `to` has not. */
function removalsOf(from: unknown, to: unknown): Fields {
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

function overlay(base: Fields, top: Fields): Fields {
  const both = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(top)) {
    const below = both.get(key);
    both.set(key, isFields(below) && isFields(value) ? overlay(below, value) : value);
  }
  return Object.fromEntries(both);
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isFields(value)) return value;
  const sorted = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([key, each]) => [key, sortKeys(each)]));
}
