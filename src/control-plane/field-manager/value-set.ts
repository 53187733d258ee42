// Computes the field paths of a value, and the paths in which two versions of a value differ.
import type { Schema } from "../../apis/schema/schema.ts";
import { fieldsOf, sameJson } from "../../base/json.ts";
import { EMPTY, type FieldSet, fieldElement, MEMBER, makeSet, union } from "./field-set.ts";
import { itemElement } from "./path-element.ts";
import { childSchema, formOfBoth, formOfOne, isDeclared, itemsOf, namesOf, ownField } from "./typed-value.ts";

/**
 * Returns the paths of a value that somebody applies: its leaves, the items of its lists, its maps without fields, and
 * the entries of its maps that are no fields of a struct. The root is a member if the value itself is one of these.
 */
export function fieldSetOf(schema: Schema | undefined, value: unknown): FieldSet {
  switch (formOfOne(schema, value)) {
    case "leaf":
    case "empty":
      return MEMBER;
    case "list":
      return value === null ? MEMBER : itemSet(schema ?? {}, itemsOf(value));
    case "map": {
      const fields = fieldsOf(value);
      const children = namesOf(fields, undefined).map((name) => {
        const child = fieldSetOf(childSchema(schema, name), fields[name]);
        return [fieldElement(name), { ...child, isMember: child.isMember || !isDeclared(schema, name) }] as const;
      });
      return makeSet(false, children);
    }
  }
}

/** Items with equal keys are one member, without their fields. */
function itemSet(schema: Schema, items: readonly unknown[]): FieldSet {
  const children = [...itemsByElement(schema, items)].map(([element, [first, ...more]]) => {
    const below = more.length > 0 ? EMPTY : fieldSetOf(schema.items, first);
    return [element, { ...below, isMember: true }] as const;
  });
  return makeSet(false, children);
}

/** Returns the items of each element, without those that have none. */
export function itemsByElement(schema: Schema, items: readonly unknown[]): ReadonlyMap<string, readonly unknown[]> {
  const found = new Map<string, unknown[]>();
  for (const item of items) {
    const element = itemElement(schema, item);
    if (element === undefined) continue;
    const equal = found.get(element);
    if (equal) equal.push(item);
    else found.set(element, [item]);
  }
  return found;
}

export interface Difference {
  /** Paths that `after` adds, or to which it gives another value. */
  readonly changed: FieldSet;
  readonly removed: FieldSet;
}
const NONE: Difference = { changed: EMPTY, removed: EMPTY };

/** Compares two versions of a value; undefined: the version does not have the value. */
export function differenceOf(schema: Schema | undefined, before: unknown, after: unknown): Difference {
  if (before === after) return NONE;
  switch (formOfBoth(schema, before, after)) {
    case "leaf":
      if (before === undefined) return { changed: MEMBER, removed: EMPTY };
      if (after === undefined) return { changed: EMPTY, removed: MEMBER };
      return sameJson(before, after) ? NONE : { changed: MEMBER, removed: EMPTY };
    case "other": {
      const { removed } = differenceOf(schema, before, undefined);
      return { changed: differenceOf(schema, undefined, after).changed, removed };
    }
    case "map":
      return joined(
        before,
        after,
        namesOf(before, after).map((name) => {
          const [old, next] = [ownField(fieldsOf(before), name), ownField(fieldsOf(after), name)];
          return [fieldElement(name), differenceOf(childSchema(schema, name), old, next)] as const;
        }),
      );
    case "list":
      return joined(before, after, itemDifferences(schema ?? {}, itemsOf(before), itemsOf(after)));
  }
}

type Child = readonly [string, Difference];

function joined(before: unknown, after: unknown, children: readonly Child[]): Difference {
  const changed = children.map(([element, child]) => [element, child.changed] as const);
  const removed = children.map(([element, child]) => [element, child.removed] as const);
  return { changed: makeSet(before === undefined, changed), removed: makeSet(after === undefined, removed) };
}

function itemDifferences(schema: Schema, before: readonly unknown[], after: readonly unknown[]): readonly Child[] {
  const old = itemsByElement(schema, before);
  const next = itemsByElement(schema, after);
  return [...new Set([...old.keys(), ...next.keys()])].map((element) => {
    return [element, itemDifference(schema.items, old.get(element) ?? [], next.get(element) ?? [])] as const;
  });
}

/** Items with equal keys are a unit, whose fields nobody owns. */
function itemDifference(schema: Schema | undefined, before: readonly unknown[], after: readonly unknown[]): Difference {
  if (before.length < 2 && after.length < 2) return differenceOf(schema, before[0], after[0]);
  if (before.length > 1 && after.length > 1)
    return sameJson(before, after) ? NONE : { changed: MEMBER, removed: EMPTY };
  const one = differenceOf(schema, before.length > 1 ? undefined : before[0], after.length > 1 ? undefined : after[0]);
  return {
    changed: after.length > 1 ? MEMBER : one.changed,
    removed: before.length > 1 ? union(one.removed, MEMBER) : one.removed,
  };
}
