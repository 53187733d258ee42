// Merges an applied configuration into an object, and removes the fields that its manager no longer applies.
import type { Schema } from "../../apis/schema/schema.ts";
import { fieldsOf, isFields } from "../../base/json.ts";
import { difference, EMPTY, type FieldSet, fieldElement, intersection, makeSet, union } from "./field-set.ts";
import { itemElement } from "./path-element.ts";
import { childSchema, formOfBoth, isDeclared, itemsOf, namesOf, ownField } from "./typed-value.ts";
import { fieldSetOf, itemsByElement } from "./value-set.ts";

/** Returns `live` with the values of `applied`; undefined: no value. Does not remove fields. */
export function mergeValues(schema: Schema | undefined, live: unknown, applied: unknown): unknown {
  if (applied === undefined) return live;
  switch (formOfBoth(schema, live, applied)) {
    case "leaf":
    case "other":
      return applied;
    case "map": {
      const merged = namesOf(live, applied).map((name) => {
        const [old, next] = [ownField(fieldsOf(live), name), ownField(fieldsOf(applied), name)];
        return [name, mergeValues(childSchema(schema, name), old, next)] as const;
      });
      return Object.fromEntries(merged);
    }
    case "list":
      return mergeItems(schema ?? {}, itemsOf(live), itemsOf(applied));
  }
}

/**
 * Merges items with equal elements, in the order of the applied list. Each other item of the live list comes as early
 * as possible, but after the items of both lists that precede it in the live list.
 */
function mergeItems(schema: Schema, live: readonly unknown[], applied: readonly unknown[]): readonly unknown[] {
  const old = live.map((item) => ({ item, element: itemElement(schema, item) }));
  const next = applied.map((item) => ({ item, element: itemElement(schema, item) }));
  const wanted = new Set(next.map(({ element }) => element));
  const stored = itemsByElement(schema, live);
  const shared = next.map(({ element }) => element).filter((element) => stored.has(element ?? ""));
  const merged: unknown[] = [];
  let at = 0;
  const takeLiveUntil = (stop: string | undefined): void => {
    for (let each = old[at]; each && (stop === undefined || each.element !== stop); each = old[++at]) {
      if (!wanted.has(each.element)) merged.push(each.item);
    }
  };
  let reached = 0;
  for (const { item, element } of next) {
    takeLiveUntil(shared[reached]);
    const equal = stored.get(element ?? "") ?? [];
    // Live items with equal keys have no owner and are replaced.
    merged.push(mergeValues(schema.items, equal.length === 1 ? equal[0] : undefined, item));
    if (equal.length === 0) continue;
    reached += 1;
    if (old[at]?.element === element) at += 1;
  }
  takeLiveUntil(undefined);
  return merged;
}

/** Returns the value without the paths of the set; undefined if nothing is left. */
function removeFields(schema: Schema | undefined, value: unknown, { children }: FieldSet): unknown {
  if (children.size === 0) return value;
  if (Array.isArray(value)) {
    const kept = value.flatMap((item) => {
      const below = children.get(itemElement(schema ?? {}, item) ?? "");
      if (below?.isMember) return [];
      return [below ? removeFields(schema?.items, item, below) : item];
    });
    return kept.length === 0 ? undefined : kept;
  }
  if (!isFields(value)) return value;
  const kept = Object.entries(value).flatMap(([name, each]) => {
    const below = children.get(fieldElement(name));
    if (below?.isMember) return [];
    const rest = below ? removeFields(childSchema(schema, name), each, below) : each;
    return rest === undefined ? [] : [[name, rest] as const];
  });
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/**
 * Returns `merged` without the fields, items and entries that the manager applied last time (`last`), that nobody owns
 * now (`owned`), and that contain nothing of others.
 */
export function pruneFields(schema: Schema, merged: unknown, last: FieldSet, owned: FieldSet): unknown {
  const structs = (set: FieldSet): FieldSet => withStructs(schema, set);
  const remaining = (toRemove: FieldSet): FieldSet => {
    const rest = removeFields(schema, merged, toRemove);
    return rest === undefined ? EMPTY : structs(fieldSetOf(schema, rest));
  };
  const all = structs(fieldSetOf(schema, merged));
  const before = structs(last);
  const withOwned = remaining(difference(all, union(remaining(before), structs(owned))));
  return removeFields(schema, merged, intersection(difference(all, withOwned), before));
}

/** Returns the set with the path of each struct that has a path of the set below it. Nobody owns structs by itself. */
function withStructs(schema: Schema | undefined, { isMember, children }: FieldSet): FieldSet {
  const all = [...children].map(([element, child]) => {
    const name = element.startsWith("f:") ? element.slice(2) : undefined;
    const below = withStructs(name === undefined ? schema?.items : childSchema(schema, name), child);
    const isStruct = name !== undefined && isDeclared(schema, name);
    return [element, { ...below, isMember: below.isMember || isStruct }] as const;
  });
  return makeSet(isMember, all);
}
