// The objects in memory and the indexes over them: by kind and name, by label, by owner, by uid. It stores what it is given and judges nothing.
import { matchesLabels } from "../../apis/core/label-selector.ts";
import { type Kind, kindOf, type ObjectOf } from "../../apis/kinds.ts";
import { keyOf, keyText, type ObjectKey } from "../../apis/meta/key.ts";
import type { Stored } from "../../apis/meta/object.ts";
import { sameJson } from "../../base/json.ts";
import type { Indexer, Selection, View } from "./view.ts";

/** Where an object lies, whichever version of it. */
interface Entry {
  /** `namespace/name` */
  readonly path: string;
  object: Stored;
}

interface KindIndex {
  /** Sorted as etcd sorts them. */
  readonly entries: Entry[];
  /** Namespace → name: found without making a path. */
  readonly named: Map<string, Map<string, Entry>>;
  /** Labels by which somebody selected → their values → who has it. */
  readonly labelled: Map<string, Map<string, Entry[]>>;
  /** Indexes that were asked for: word → who has it. */
  readonly indexes: Map<Indexer, Map<string, Entry[]>>;
}

/** The reading side of the store; `put` and `remove` are for {@link ObjectStore} alone. */
export class ObjectIndex implements View {
  readonly #shelves = new Map<string, KindIndex>();
  readonly #byUid = new Map<string, Entry>();
  /** Owner's uid → its dependents. */
  readonly #owned = new Map<string, Set<Entry>>();

  get<K extends Kind>(kind: K, namespace: string, name: string): ObjectOf<K> | undefined {
    return this.#shelves.get(kind)?.named.get(namespace)?.get(name)?.object as ObjectOf<K> | undefined;
  }

  list<K extends Kind>(kind: K, selection: Selection = {}): readonly ObjectOf<K>[] {
    const shelf = this.#shelves.get(kind);
    if (!shelf) return [];
    const { labels, namespace } = selection;
    const objects = candidates(shelf, selection).map(({ object }) => object);
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

  /** Everything in one namespace, of all kinds. */
  inNamespace(namespace: string): readonly Stored[] {
    return [...this.#shelves.values()].flatMap(({ entries: slots }) =>
      withPrefix(slots, `${namespace}/`).map(({ object }) => object),
    );
  }

  put(object: Stored, old: Stored | undefined): void {
    const shelf = this.#shelfOf(kindOf(object));
    const slot = this.#slotFor(shelf, object);
    slot.object = object;
    for (const [by, words] of shelf.indexes) {
      const [before, after] = [old ? by(old) : [], by(object)];
      if (sameJson(before, after)) continue;
      drop(words, slot, before);
      for (const word of after) addTo(words, word, slot);
    }
    if (old?.metadata.labels !== object.metadata.labels) {
      for (const [label, values] of shelf.labelled) {
        drop(values, slot, valuesOf(old, label));
        for (const value of valuesOf(object, label)) addTo(values, value, slot);
      }
    }
    if (old?.metadata.ownerReferences !== object.metadata.ownerReferences) {
      if (old) this.#dropOwners(old, slot);
      for (const owner of object.metadata.ownerReferences ?? []) {
        const dependents = this.#owned.get(owner.uid) ?? new Set<Entry>();
        this.#owned.set(owner.uid, dependents.add(slot));
      }
    }
  }

  remove(object: Stored): void {
    const { namespace = "", name, uid } = object.metadata;
    const shelf = this.#shelfOf(kindOf(object));
    const slot = shelf.named.get(namespace)?.get(name);
    if (!slot) return;
    removeSorted(shelf.entries, slot);
    shelf.named.get(namespace)?.delete(name);
    this.#byUid.delete(uid);
    for (const [by, words] of shelf.indexes) drop(words, slot, by(object));
    for (const [label, values] of shelf.labelled) drop(values, slot, valuesOf(object, label));
    this.#dropOwners(object, slot);
  }

  /** Where the object lies; a new place for a new one. */
  #slotFor(shelf: KindIndex, object: Stored): Entry {
    const { namespace = "", name, uid } = object.metadata;
    const home = shelf.named.get(namespace) ?? new Map<string, Entry>();
    const known = home.get(name);
    if (known) return known;
    const slot = { path: `${namespace}/${name}`, object };
    shelf.named.set(namespace, home.set(name, slot));
    insertSorted(shelf.entries, slot);
    this.#byUid.set(uid, slot);
    return slot;
  }

  #shelfOf(kind: Kind): KindIndex {
    const known = this.#shelves.get(kind);
    if (known) return known;
    const shelf: KindIndex = { entries: [], named: new Map(), labelled: new Map(), indexes: new Map() };
    this.#shelves.set(kind, shelf);
    return shelf;
  }

  #dropOwners(object: Stored, slot: Entry): void {
    for (const { uid } of object.metadata.ownerReferences ?? []) {
      const dependents = this.#owned.get(uid);
      dependents?.delete(slot);
      if (dependents?.size === 0) this.#owned.delete(uid);
    }
  }
}

/** Who may match, in order: the smallest set of index and labels, else the namespace, else all. */
function candidates(shelf: KindIndex, { namespace, labels, index }: Selection): readonly Entry[] {
  // the rest of the selection is checked object by object; this condition only here
  if (index) return indexOf(shelf, index.by).get(index.value) ?? [];
  let rarest: readonly Entry[] | undefined;
  for (const [key, value] of Object.entries(labels?.matchLabels ?? {})) {
    const slots = labelIndexOf(shelf, key).get(value);
    if (!slots) return [];
    if (!rarest || slots.length < rarest.length) rarest = slots;
  }
  if (rarest) return rarest;
  return namespace === undefined ? shelf.entries : withPrefix(shelf.entries, `${namespace}/`);
}

function indexOf(shelf: KindIndex, by: Indexer): Map<string, Entry[]> {
  const known = shelf.indexes.get(by);
  if (known) return known;
  const words = new Map<string, Entry[]>();
  for (const slot of shelf.entries) for (const word of by(slot.object)) addTo(words, word, slot);
  shelf.indexes.set(by, words);
  return words;
}

/** Made at the first question: few of the many labels are ever asked for. */
function labelIndexOf(shelf: KindIndex, label: string): Map<string, Entry[]> {
  const known = shelf.labelled.get(label);
  if (known) return known;
  const values = new Map<string, Entry[]>();
  for (const slot of shelf.entries) for (const value of valuesOf(slot.object, label)) addTo(values, value, slot);
  shelf.labelled.set(label, values);
  return values;
}

function valuesOf(object: Stored | undefined, label: string): readonly string[] {
  const value = object?.metadata.labels?.[label];
  return value === undefined ? [] : [value];
}

function drop(index: Map<string, Entry[]>, slot: Entry, words: readonly string[]): void {
  for (const word of words) {
    const slots = index.get(word);
    if (!slots) continue;
    removeSorted(slots, slot);
    if (slots.length === 0) index.delete(word);
  }
}

function addTo(index: Map<string, Entry[]>, entry: string, slot: Entry): void {
  const slots = index.get(entry);
  if (!slots) index.set(entry, [slot]);
  else insertSorted(slots, slot);
}

/** Which object a key means, if it is there. */
export function find(view: View, key: ObjectKey): Stored | undefined {
  return view.get(key.kind, key.namespace, key.name);
}

interface Placed {
  readonly path: string;
}

/** Where `path` stands, or would stand, in the sorted list. */
function lowerBound(sorted: readonly Placed[], path: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as Placed).path < path) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Puts an item in its place, unless it is there. */
function insertSorted<T extends Placed>(sorted: T[], item: T): void {
  const at = lowerBound(sorted, item.path);
  if (sorted[at] !== item) sorted.splice(at, 0, item);
}

function removeSorted<T extends Placed>(sorted: T[], item: T): void {
  const at = lowerBound(sorted, item.path);
  if (sorted[at] === item) sorted.splice(at, 1);
}

/** All items whose paths start with `prefix`, in order. */
function withPrefix<T extends Placed>(sorted: readonly T[], prefix: string): readonly T[] {
  const from = lowerBound(sorted, prefix);
  let to = from;
  while (to < sorted.length && (sorted[to] as T).path.startsWith(prefix)) to++;
  return sorted.slice(from, to);
}
