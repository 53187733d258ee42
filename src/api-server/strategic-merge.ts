// Applies Kubernetes' strategic merge patches: they merge the items of some lists by a key, and have directives that
// delete, replace and order items.
import type { Field, FieldType, StructType } from "../apis/fields/field.ts";
import { joinPath } from "../apis/meta/field-error.ts";
import { fieldsOf, isFields, type JsonFields } from "../base/json.ts";
import { failed, ok, type Result } from "../base/result.ts";

type List = readonly unknown[];
/** `patchMergeKey` of a list of objects; SET for a list of unique scalars. */
type MergeKey = string | typeof SET;
const SET = Symbol("set");

/** The patch is invalid. Thrown and caught in this file. */
class BadPatch extends Error {}

/** A directive for a list field has one of these prefixes, followed by the field's name. */
const DELETE_FROM = "$deleteFromPrimitiveList/";
const ORDER = "$setElementOrder/";

/** Returns the patched object, or the error in the patch. `type` defines which lists are merged. */
export function applyStrategicPatch(
  object: JsonFields,
  patch: JsonFields,
  type: StructType | undefined,
): Result<JsonFields> {
  try {
    return ok(mergeFields(object, patch, "", type));
  } catch (error) {
    if (error instanceof BadPatch) return failed(error.message);
    throw error;
  }
}

function mergeFields(target: JsonFields, patch: JsonFields, path: string, type: StructType | undefined): JsonFields {
  const { $patch: directive, $retainKeys: retained, ...fields } = patch;
  if (directive === "delete") return {};
  if (directive === "replace") return fields;
  if (directive !== undefined && directive !== "merge")
    throw new BadPatch(`${path}: $patch has to be delete, merge or replace`);
  const merged = new Map(Object.entries(target));
  if (retained !== undefined) {
    const names = new Set(listOf(retained, `${path}.$retainKeys`));
    for (const name of merged.keys()) if (!names.has(name)) merged.delete(name);
  }
  for (const name of namesOf(fields)) {
    const changes = changesOf(fields, name);
    const value = mergeValue(merged.get(name), changes, joinPath(path, name), type?.byName.get(name));
    if (value === undefined || value === null) merged.delete(name);
    else merged.set(name, value);
  }
  return Object.fromEntries(merged);
}

/** Returns the names of the fields that a patch changes, by a value or by a directive. */
function namesOf(patch: JsonFields): ReadonlySet<string> {
  return new Set(
    Object.keys(patch).map((key) =>
      key.startsWith(ORDER) || key.startsWith(DELETE_FROM) ? key.slice(key.indexOf("/") + 1) : key,
    ),
  );
}

/** The changes of one field in a patch. `value` is undefined if the patch has only directives for the field. */
interface FieldChanges {
  readonly value: unknown;
  readonly order: unknown;
  readonly removed: unknown;
}

function changesOf(patch: JsonFields, name: string): FieldChanges {
  const value = Object.hasOwn(patch, name) ? patch[name] : undefined;
  return { value, order: patch[ORDER + name], removed: patch[DELETE_FROM + name] };
}

/** Returns the new value of a field; undefined or null if the patch removes it. */
function mergeValue(before: unknown, changes: FieldChanges, path: string, field: Field | undefined): unknown {
  const { value, order, removed } = changes;
  const key = field?.set ? SET : field?.mergeKey;
  if (key !== undefined && (Array.isArray(value) || order !== undefined || removed !== undefined)) {
    if (value === null || (value === undefined && before === undefined)) return value;
    const original = before === undefined || before === null ? [] : listOf(before, path);
    const patch = value === undefined ? [] : listOf(value, path);
    const all = key === SET ? joined(original, patch) : mergeList(original, patch, key, path, structIn(field?.type));
    const merged = removed === undefined ? all : excluding(all, listOf(removed, path));
    const wanted = order === undefined ? patch : listOf(order, path);
    return inOrder(merged, wanted, original, key);
  }
  if (value === undefined) return before;
  if (!isFields(value)) return value;
  return mergeFields(fieldsOf(before), value, path, structIn(field?.type));
}

/** Returns the struct of a field's value or items; undefined for scalars and unknown fields. */
function structIn(type: FieldType | undefined): StructType | undefined {
  if (type === undefined || typeof type === "string" || "map" in type) return undefined;
  return "struct" in type ? type : structIn("ptr" in type ? type.ptr : type.list);
}

function listOf(value: unknown, path: string): List {
  if (Array.isArray(value)) return value;
  throw new BadPatch(`${path}: a list is expected`);
}

function excluding(list: List, others: List): List {
  const out = new Set(others);
  return list.filter((item) => !out.has(item));
}
const joined = (list: List, more: List): List => [...new Set([...list, ...more])];

/**
 * Merges items with equal keys and appends new items. If the patch has the item `$patch: replace`, it replaces the
 * list.
 */
function mergeList(list: List, patch: List, key: string, path: string, type: StructType | undefined): List {
  const items = patch.filter((item) => !(isFields(item) && item["$patch"] === "replace" && !Object.hasOwn(item, key)));
  if (items.length < patch.length) return items;
  const changes = items.map((item) => {
    if (isFields(item) && Object.hasOwn(item, key)) return item;
    throw new BadPatch(`${path}: every item of the patch needs its merge key ${key}`);
  });
  const deleted = new Set(changes.filter((item) => item["$patch"] === "delete").map((item) => item[key]));
  const merged = list.filter((item) => !deleted.has(idOf(item, key)));
  const places = placesOf(merged, key);
  for (const item of changes) {
    if (item["$patch"] === "delete") continue;
    const at = places.get(item[key]) ?? merged.length;
    const target = merged[at];
    merged[at] = mergeFields(fieldsOf(target), item, path, type);
    places.set(item[key], at);
  }
  return merged;
}

const idOf = (item: unknown, key: MergeKey): unknown => (key === SET ? item : isFields(item) ? item[key] : undefined);

/** Returns the index of each key's first item. */
function placesOf(list: List, key: MergeKey): Map<unknown, number> {
  const places = new Map<unknown, number>();
  for (const [at, item] of list.entries()) if (!places.has(idOf(item, key))) places.set(idOf(item, key), at);
  return places;
}

/**
 * Sorts the items that `wanted` names into its order. Each other item goes before the first named item that followed it
 * in the original list.
 */
function inOrder(merged: List, wanted: List, original: List, key: MergeKey): List {
  const places = placesOf(wanted, key);
  const before = placesOf(original, key);
  const place = (item: unknown): number => places.get(idOf(item, key)) ?? -1;
  const stood = (item: unknown): number => before.get(idOf(item, key)) ?? -1;
  const named = merged.filter((item) => place(item) >= 0).sort((a, b) => place(a) - place(b));
  const ordered: unknown[] = [];
  let next = 0;
  for (const other of merged.filter((item) => place(item) < 0)) {
    while (next < named.length && !(stood(named[next]) > stood(other))) ordered.push(named[next++]);
    ordered.push(other);
  }
  return [...ordered, ...named.slice(next)];
}
