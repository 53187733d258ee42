// The objects in memory and the indexes over them: by kind and name, by label, by owner, by uid. It stores what it is given and judges nothing.

import { matchesLabels } from "../../apis/core/label-selector.ts";
import { type Kind, keyOf, keyText, kindOf, type ObjectKey, type ObjectOf } from "../../apis/kinds.ts";
import type { AnyObject } from "../../apis/meta/object.ts";
import { sameJson } from "../../base/json.ts";
import { insertSorted, removeSorted, withPrefix } from "./sorted-list.ts";
import type { Indexer, Selection, View } from "./view.ts";

interface Shelf {
  /** `namespace/name`, sorted as etcd sorts them. */
  readonly paths: string[];
  readonly objects: Map<string, AnyObject>;
  /** Namespace → name: the same objects, found without making a path. */
  readonly named: Map<string, Map<string, AnyObject>>;
  /** Labels by which somebody selected → their values → paths. */
  readonly labelled: Map<string, Map<string, string[]>>;
  /** Indexes that were asked for: word → paths. */
  readonly indexes: Map<Indexer, Map<string, string[]>>;
}

/** The reading side of the store; `put` and `remove` are for {@link ObjectStore} alone. */
export class Shelves implements View {
  readonly #shelves = new Map<string, Shelf>();
  readonly #byUid = new Map<string, AnyObject>();
  /** Owner's uid → dependents' keys as text → dependents' uid. */
  readonly #owned = new Map<string, Map<string, string>>();

  get<K extends Kind>(kind: K, namespace: string, name: string): ObjectOf<K> | undefined {
    return this.#shelves.get(kind)?.named.get(namespace)?.get(name) as ObjectOf<K> | undefined;
  }

  list<K extends Kind>(kind: K, selection: Selection = {}): readonly ObjectOf<K>[] {
    const shelf = this.#shelves.get(kind);
    if (!shelf) return [];
    const { labels, namespace } = selection;
    const objects = candidates(shelf, selection).map((path) => shelf.objects.get(path) as AnyObject);
    if (!labels && !selection.index) return objects as readonly AnyObject[] as readonly ObjectOf<K>[];
    return objects.filter(
      ({ metadata }) =>
        (namespace === undefined || (metadata.namespace ?? "") === namespace) &&
        (!labels || matchesLabels(labels, metadata.labels)),
    ) as readonly AnyObject[] as readonly ObjectOf<K>[];
  }

  dependents(uid: string): readonly AnyObject[] {
    const uids = [...(this.#owned.get(uid)?.entries() ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
    return uids.map(([, dependent]) => this.#byUid.get(dependent) as AnyObject);
  }

  byUid(uid: string): AnyObject | undefined {
    return this.#byUid.get(uid);
  }

  /** Everything in one namespace, of all kinds. */
  inNamespace(namespace: string): readonly AnyObject[] {
    return [...this.#shelves.values()].flatMap((shelf) =>
      withPrefix(shelf.paths, `${namespace}/`).map((path) => shelf.objects.get(path) as AnyObject),
    );
  }

  put(object: AnyObject, old: AnyObject | undefined): void {
    const { namespace = "", name, uid = "" } = object.metadata;
    const path = `${namespace}/${name}`;
    const shelf = this.#shelfOf(kindOf(object));
    if (!old) insertSorted(shelf.paths, path);
    shelf.objects.set(path, object);
    const named = shelf.named.get(namespace) ?? new Map<string, AnyObject>();
    shelf.named.set(namespace, named.set(name, object));
    this.#byUid.set(uid, object);
    for (const [by, words] of shelf.indexes) {
      const [before, after] = [old ? by(old) : [], by(object)];
      if (sameJson(before, after)) continue;
      drop(words, path, before);
      for (const word of after) addTo(words, word, path);
    }
    if (old?.metadata.labels !== object.metadata.labels) {
      for (const [label, values] of shelf.labelled) {
        drop(values, path, valuesOf(old, label));
        for (const value of valuesOf(object, label)) addTo(values, value, path);
      }
    }
    if (old?.metadata.ownerReferences !== object.metadata.ownerReferences) {
      if (old) this.#dropOwners(old);
      const text = keyText(keyOf(object));
      for (const owner of object.metadata.ownerReferences ?? []) {
        const dependents = this.#owned.get(owner.uid) ?? new Map<string, string>();
        this.#owned.set(owner.uid, dependents.set(text, uid));
      }
    }
  }

  remove(object: AnyObject): void {
    const { namespace = "", name, uid = "" } = object.metadata;
    const path = `${namespace}/${name}`;
    const shelf = this.#shelfOf(kindOf(object));
    removeSorted(shelf.paths, path);
    shelf.objects.delete(path);
    shelf.named.get(namespace)?.delete(name);
    this.#byUid.delete(uid);
    for (const [by, words] of shelf.indexes) drop(words, path, by(object));
    for (const [label, values] of shelf.labelled) drop(values, path, valuesOf(object, label));
    this.#dropOwners(object);
  }

  #shelfOf(kind: Kind): Shelf {
    const known = this.#shelves.get(kind);
    if (known) return known;
    const shelf: Shelf = {
      paths: [],
      objects: new Map(),
      named: new Map(),
      labelled: new Map(),
      indexes: new Map(),
    };
    this.#shelves.set(kind, shelf);
    return shelf;
  }

  #dropOwners(object: AnyObject): void {
    const text = keyText(keyOf(object));
    for (const { uid } of object.metadata.ownerReferences ?? []) {
      const dependents = this.#owned.get(uid);
      dependents?.delete(text);
      if (dependents?.size === 0) this.#owned.delete(uid);
    }
  }
}

/** Paths that may match, in order: the smallest set of index and labels, else the namespace, else all. */
function candidates(shelf: Shelf, { namespace, labels, index }: Selection): readonly string[] {
  // the rest of the selection is checked object by object; this condition only here
  if (index) return indexOf(shelf, index.by).get(index.value) ?? [];
  let rarest: readonly string[] | undefined;
  for (const [key, value] of Object.entries(labels?.matchLabels ?? {})) {
    const paths = labelIndexOf(shelf, key).get(value);
    if (!paths) return [];
    if (!rarest || paths.length < rarest.length) rarest = paths;
  }
  if (rarest) return rarest;
  return namespace === undefined ? shelf.paths : withPrefix(shelf.paths, `${namespace}/`);
}

function indexOf(shelf: Shelf, by: Indexer): Map<string, string[]> {
  const known = shelf.indexes.get(by);
  if (known) return known;
  const words = new Map<string, string[]>();
  for (const [path, object] of shelf.objects) for (const word of by(object)) addTo(words, word, path);
  shelf.indexes.set(by, words);
  return words;
}

/** Made at the first question: few of the many labels are ever asked for. */
function labelIndexOf(shelf: Shelf, label: string): Map<string, string[]> {
  const known = shelf.labelled.get(label);
  if (known) return known;
  const values = new Map<string, string[]>();
  for (const [path, object] of shelf.objects) for (const value of valuesOf(object, label)) addTo(values, value, path);
  shelf.labelled.set(label, values);
  return values;
}

function valuesOf(object: AnyObject | undefined, label: string): readonly string[] {
  const value = object?.metadata.labels?.[label];
  return value === undefined ? [] : [value];
}

function drop(index: Map<string, string[]>, path: string, words: readonly string[]): void {
  for (const word of words) {
    const paths = index.get(word);
    if (!paths) continue;
    removeSorted(paths, path);
    if (paths.length === 0) index.delete(word);
  }
}

function addTo(index: Map<string, string[]>, entry: string, path: string): void {
  const paths = index.get(entry);
  if (!paths) index.set(entry, [path]);
  else insertSorted(paths, path);
}

/** Which object a key means, if it is there. */
export function find(view: View, key: ObjectKey): AnyObject | undefined {
  return view.get(key.kind, key.namespace, key.name);
}
