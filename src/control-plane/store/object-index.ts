// Holds the objects in memory, indexed by kind and name, label, owner and uid. Does not validate objects.
import { matchesLabels } from "../../apis/core/label-selector.ts";
import { type Kind, kindOf, type ObjectOf } from "../../apis/kinds.ts";
import { keyOf, keyText, namespacedName, type ObjectKey } from "../../apis/meta/key.ts";
import type { Stored } from "../../apis/meta/object.ts";
import { sameJson } from "../../base/json.ts";
import type { Indexer, Selection, View } from "./view.ts";

/** One object of the index. `object` is its newest version. */
interface Entry {
  /** `namespace/name` */
  readonly path: string;
  object: Stored;
}

interface KindIndex {
  /** Sorted by path, as etcd sorts keys. */
  readonly entries: Entry[];
  /** Namespace → name → entry. */
  readonly byName: Map<string, Map<string, Entry>>;
  /** Label → value → entries; only labels that a selection has used. */
  readonly byLabel: Map<string, Map<string, Entry[]>>;
  /** Indexer → value → entries. */
  readonly byIndexer: Map<Indexer, Map<string, Entry[]>>;
}

/** Only {@link ObjectStore} calls `put` and `remove`. */
export class ObjectIndex implements View {
  readonly #kinds = new Map<string, KindIndex>();
  readonly #byUid = new Map<string, Entry>();
  /** Owner's uid → its dependents. */
  readonly #owned = new Map<string, Set<Entry>>();

  get<K extends Kind>(kind: K, namespace: string, name: string): ObjectOf<K> | undefined {
    return this.#kinds.get(kind)?.byName.get(namespace)?.get(name)?.object as ObjectOf<K> | undefined;
  }

  list<K extends Kind>(kind: K, selection: Selection = {}): readonly ObjectOf<K>[] {
    const kindIndex = this.#kinds.get(kind);
    if (!kindIndex) return [];
    const { labels, namespace } = selection;
    const objects = candidates(kindIndex, selection).map(({ object }) => object);
    if (!labels && !selection.index) return objects as readonly Stored[] as readonly ObjectOf<K>[];
    return objects.filter(
      ({ metadata }) =>
        (namespace === undefined || (metadata.namespace ?? "") === namespace) &&
        (!labels || matchesLabels(labels, metadata.labels)),
    ) as readonly Stored[] as readonly ObjectOf<K>[];
  }

  dependents(uid: string): readonly Stored[] {
    const found = [...(this.#owned.get(uid) ?? [])].map(({ object }) => ({ object, text: keyText(keyOf(object)) }));
    return found.sort((a, b) => (a.text < b.text ? -1 : 1)).map(({ object }) => object);
  }

  byUid(uid: string): Stored | undefined {
    return this.#byUid.get(uid)?.object;
  }

  /** Returns the objects of all kinds in a namespace. */
  inNamespace(namespace: string): readonly Stored[] {
    return [...this.#kinds.values()].flatMap(({ entries }) =>
      withPrefix(entries, namespacedName({ namespace, name: "" })).map(({ object }) => object),
    );
  }

  put(object: Stored, old: Stored | undefined): void {
    const kindIndex = this.#kindIndexOf(kindOf(object));
    const entry = this.#entryFor(kindIndex, object);
    entry.object = object;
    for (const [by, entries] of kindIndex.byIndexer) {
      const [before, after] = [old ? indexValues(by, old) : [], indexValues(by, object)];
      if (sameJson(before, after)) continue;
      drop(entries, entry, before);
      for (const value of after) addTo(entries, value, entry);
    }
    if (old?.metadata.labels !== object.metadata.labels) {
      for (const [label, values] of kindIndex.byLabel) {
        drop(values, entry, valuesOf(old, label));
        for (const value of valuesOf(object, label)) addTo(values, value, entry);
      }
    }
    if (old?.metadata.ownerReferences !== object.metadata.ownerReferences) {
      if (old) this.#dropOwners(old, entry);
      for (const owner of object.metadata.ownerReferences ?? []) {
        const dependents = this.#owned.get(owner.uid) ?? new Set<Entry>();
        this.#owned.set(owner.uid, dependents.add(entry));
      }
    }
  }

  remove(object: Stored): void {
    const { namespace = "", name, uid } = object.metadata;
    const kindIndex = this.#kindIndexOf(kindOf(object));
    const entry = kindIndex.byName.get(namespace)?.get(name);
    if (!entry) return;
    removeSorted(kindIndex.entries, entry);
    kindIndex.byName.get(namespace)?.delete(name);
    this.#byUid.delete(uid);
    for (const [by, entries] of kindIndex.byIndexer) drop(entries, entry, indexValues(by, object));
    for (const [label, values] of kindIndex.byLabel) drop(values, entry, valuesOf(object, label));
    this.#dropOwners(object, entry);
  }

  /** Finds the entry of the object, or adds one. */
  #entryFor(kindIndex: KindIndex, object: Stored): Entry {
    const { namespace = "", name, uid } = object.metadata;
    const entries = kindIndex.byName.get(namespace) ?? new Map<string, Entry>();
    const known = entries.get(name);
    if (known) return known;
    const entry = { path: namespacedName({ namespace, name }), object };
    kindIndex.byName.set(namespace, entries.set(name, entry));
    insertSorted(kindIndex.entries, entry);
    this.#byUid.set(uid, entry);
    return entry;
  }

  #kindIndexOf(kind: Kind): KindIndex {
    const known = this.#kinds.get(kind);
    if (known) return known;
    const kindIndex: KindIndex = { entries: [], byName: new Map(), byLabel: new Map(), byIndexer: new Map() };
    this.#kinds.set(kind, kindIndex);
    return kindIndex;
  }

  #dropOwners(object: Stored, entry: Entry): void {
    for (const { uid } of object.metadata.ownerReferences ?? []) {
      const dependents = this.#owned.get(uid);
      dependents?.delete(entry);
      if (dependents?.size === 0) this.#owned.delete(uid);
    }
  }
}

/**
 * Returns the entries that may match, in order: those of the index, else of the rarest label, else of the namespace,
 * else all.
 */
function candidates(kindIndex: KindIndex, { namespace, labels, index }: Selection): readonly Entry[] {
  // The caller checks namespace and labels for each object; only this function checks the index.
  if (index) return indexOf(kindIndex, index.by).get(index.value) ?? [];
  let rarest: readonly Entry[] | undefined;
  for (const [key, value] of Object.entries(labels?.matchLabels ?? {})) {
    const entries = labelIndexOf(kindIndex, key).get(value);
    if (!entries) return [];
    if (!rarest || entries.length < rarest.length) rarest = entries;
  }
  if (rarest) return rarest;
  return namespace === undefined
    ? kindIndex.entries
    : withPrefix(kindIndex.entries, namespacedName({ namespace, name: "" }));
}

function indexOf(kindIndex: KindIndex, by: Indexer): Map<string, Entry[]> {
  const known = kindIndex.byIndexer.get(by);
  if (known) return known;
  const made = new Map<string, Entry[]>();
  for (const entry of kindIndex.entries) for (const value of indexValues(by, entry.object)) addTo(made, value, entry);
  kindIndex.byIndexer.set(by, made);
  return made;
}

/** Returns no values if `by` throws, for example for an object without a spec: such an object must not stop others. */
function indexValues(by: Indexer, object: Stored): readonly string[] {
  try {
    return by(object);
  } catch {
    return [];
  }
}

/** Builds the index of a label at its first use, because selections use few labels. */
function labelIndexOf(kindIndex: KindIndex, label: string): Map<string, Entry[]> {
  const known = kindIndex.byLabel.get(label);
  if (known) return known;
  const values = new Map<string, Entry[]>();
  for (const entry of kindIndex.entries) for (const value of valuesOf(entry.object, label)) addTo(values, value, entry);
  kindIndex.byLabel.set(label, values);
  return values;
}

function valuesOf(object: Stored | undefined, label: string): readonly string[] {
  const value = object?.metadata.labels?.[label];
  return value === undefined ? [] : [value];
}

function drop(index: Map<string, Entry[]>, entry: Entry, values: readonly string[]): void {
  for (const value of values) {
    const entries = index.get(value);
    if (!entries) continue;
    removeSorted(entries, entry);
    if (entries.length === 0) index.delete(value);
  }
}

function addTo(index: Map<string, Entry[]>, value: string, entry: Entry): void {
  const entries = index.get(value);
  if (!entries) index.set(value, [entry]);
  else insertSorted(entries, entry);
}

/** Returns the listed objects, in order, with other states of some of them, by path. */
export function withStates(
  listed: readonly Stored[],
  states: ReadonlyMap<string, Stored | undefined>,
  { namespace, labels }: Selection,
): readonly Stored[] {
  const pathOf = (object: Stored): string => namespacedName(keyOf(object));
  const all = new Map<string, Stored | undefined>(listed.map((object) => [pathOf(object), object]));
  for (const [path, state] of states) all.set(path, state);
  const paths = [...all.keys()].sort((a, b) => (a < b ? -1 : 1));
  return paths
    .flatMap((path) => all.get(path) ?? [])
    .filter(
      ({ metadata }) =>
        (namespace ?? metadata.namespace ?? "") === (metadata.namespace ?? "") &&
        (!labels || matchesLabels(labels, metadata.labels)),
    );
}

/** Reads an object by its key. */
export function find(view: View, key: ObjectKey): Stored | undefined {
  return view.get(key.kind, key.namespace, key.name);
}

interface HasPath {
  readonly path: string;
}

/** Returns the position of `path` in the sorted list, or the position to insert it at. */
function lowerBound(sorted: readonly HasPath[], path: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as HasPath).path < path) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Inserts an item unless it is present. */
function insertSorted<T extends HasPath>(sorted: T[], item: T): void {
  const at = lowerBound(sorted, item.path);
  if (sorted[at] !== item) sorted.splice(at, 0, item);
}

function removeSorted<T extends HasPath>(sorted: T[], item: T): void {
  const at = lowerBound(sorted, item.path);
  if (sorted[at] === item) sorted.splice(at, 1);
}

/** Returns the items whose paths start with `prefix`, in order. */
function withPrefix<T extends HasPath>(sorted: readonly T[], prefix: string): readonly T[] {
  const from = lowerBound(sorted, prefix);
  let to = from;
  while (to < sorted.length && (sorted[to] as T).path.startsWith(prefix)) to++;
  return sorted.slice(from, to);
}
