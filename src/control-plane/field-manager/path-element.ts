// Makes the path elements that identify list items: by key fields, or by the value of a scalar.
import type { Schema } from "../../apis/schema/schema.ts";
import { isFields, type JsonFields } from "../../base/json.ts";

export function keyElement(keys: JsonFields): string {
  const sorted = Object.entries(keys).sort(([a], [b]) => (a < b ? -1 : 1));
  return `k:${JSON.stringify(Object.fromEntries(sorted))}`;
}

export function valueElement(value: unknown): string {
  return `v:${JSON.stringify(value)}`;
}

/** Returns the element of an item of a keyed list or a set; undefined if the item has none. */
export function itemElement({ listKeys, items }: Schema, item: unknown): string | undefined {
  if (!listKeys) return item === null || typeof item === "object" ? undefined : valueElement(item);
  if (!isFields(item)) return undefined;
  const keys = listKeys.flatMap((name) => {
    const value = Object.hasOwn(item, name) ? item[name] : items?.properties?.[name]?.default;
    return value === undefined ? [] : [[name, value] as const];
  });
  return keys.length === 0 ? undefined : keyElement(Object.fromEntries(keys));
}
