// Kubernetes' strategic merge patch: a merge patch that knows which lists are joined by a key, with directives for what a merge cannot say. Pure.
import { fieldsOf, isFields } from "../base/json.ts";
import { type MergeKey, mergeKeys, SET } from "./merge-keys.ts";

type Fields = Readonly<Record<string, unknown>>;
type List = readonly unknown[];

/** What is wrong with the patch; caught in this file. */
class BadPatch extends Error {}

/** Directives that stand beside the fields that they concern, before the field's name. */
const DELETE_FROM = "$deleteFromPrimitiveList/";
const ORDER = "$setElementOrder/";

/** The object with the patch applied, or what is wrong with the patch. Neither is changed. */
export function applyStrategicPatch(object: Fields, patch: Fields): { readonly object: Fields } | { error: string } {
  try {
    return { object: mergeFields(object, patch, "") };
  } catch (error) {
    if (error instanceof BadPatch) return { error: error.message };
    throw error;
  }
}

function mergeFields(target: Fields, patch: Fields, path: string): Fields {
  const { $patch: directive, $retainKeys: retained, ...fields } = patch;
  if (directive === "delete") return {};
  if (directive === "replace") return fields;
  if (directive !== undefined && directive !== "merge")
    throw new BadPatch(`${path}: $patch has to be delete, merge or replace`);
  const merged = new Map(Object.entries(target));
  if (retained !== undefined) {
    const names = listOf(retained, `${path}.$retainKeys`);
    for (const name of merged.keys()) if (!names.includes(name)) merged.delete(name);
  }
  for (const name of namesOf(fields)) {
    const value = mergeValue(merged.get(name), changesOf(fields, name), path === "" ? name : `${path}.${name}`);
    if (value === undefined || value === null) merged.delete(name);
    else merged.set(name, value);
  }
  return Object.fromEntries(merged);
}

/** The fields that a patch concerns, by itself or by a directive. */
function namesOf(patch: Fields): ReadonlySet<string> {
  return new Set(
    Object.keys(patch).map((key) =>
      key.startsWith(ORDER) || key.startsWith(DELETE_FROM) ? key.slice(key.indexOf("/") + 1) : key,
    ),
  );
}

interface Changes {
  /** Absent: only directives concern the field. */
  readonly value?: unknown;
  readonly order?: unknown;
  readonly removed?: unknown;
}

function changesOf(patch: Fields, name: string): Changes {
  const order = patch[ORDER + name];
  const removed = patch[DELETE_FROM + name];
  return {
    ...(Object.hasOwn(patch, name) && { value: patch[name] }),
    ...(order !== undefined && { order }),
    ...(removed !== undefined && { removed }),
  };
}

/** A field's new value; undefined or null: it goes. */
function mergeValue(before: unknown, { value, order, removed }: Changes, path: string): unknown {
  const key = mergeKeys.get(path);
  if (key !== undefined && (Array.isArray(value) || order !== undefined || removed !== undefined)) {
    if (value === null || (value === undefined && before === undefined)) return value;
    const original = before === undefined || before === null ? [] : listOf(before, path);
    const patch = value === undefined ? [] : listOf(value, path);
    const all = key === SET ? joined(original, patch) : mergeList(original, patch, key, path);
    const merged = removed === undefined ? all : excluding(all, listOf(removed, path));
    const wanted = order === undefined ? patch : listOf(order, path);
    return inOrder(merged, wanted, original, key);
  }
  if (value === undefined) return before;
  if (!isFields(value)) return value;
  return mergeFields(fieldsOf(before), value, path);
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

/** Items that are known by the same value are merged, new ones come last. A lone directive `replace` makes the patch the list. */
function mergeList(list: List, patch: List, key: string, path: string): List {
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
    merged[at] = mergeFields(isFields(target) ? target : {}, item, path);
    places.set(item[key], at);
  }
  return merged;
}

const idOf = (item: unknown, key: MergeKey): unknown => (key === SET ? item : isFields(item) ? item[key] : undefined);

/** Where each item stands; of several with one key the first. */
function placesOf(list: List, key: MergeKey): Map<unknown, number> {
  const places = new Map<unknown, number>();
  for (const [at, item] of list.entries()) if (!places.has(idOf(item, key))) places.set(idOf(item, key), at);
  return places;
}

/**
 * The items in the order that the patch names; those that it does not name keep theirs, each before the first named one
 * that stood behind it in the list as it was.
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
