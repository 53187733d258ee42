// Reads kinds that no one stores: their objects are derived from objects of another kind at each read and watch event.
import { matchesLabels } from "../../apis/core/label-selector.ts";
import type { Kind, ObjectOf } from "../../apis/kinds.ts";
import type { ApiStatus } from "../../apis/meta/api-status.ts";
import { keyOf, namespacedName } from "../../apis/meta/key.ts";
import type { Stored } from "../../apis/meta/object.ts";
import { ok, type Result } from "../../base/result.ts";
import type { WatchListener, WatchOptions } from "../../control-plane/store/history.ts";
import type { Selection, WatchEvent } from "../../control-plane/store/view.ts";

/** Read access to the objects of the API, stored or derived. */
export interface ObjectReader {
  readonly version: number;
  readonly firstVersion: number;
  get(kind: Kind, namespace: string, name: string): Stored | undefined;
  list(kind: Kind, selection?: Selection): readonly Stored[];
  listAt(version: number, kind: Kind, selection?: Selection): Result<readonly Stored[], ApiStatus>;
  watchSince(since: number, options: WatchOptions, listener: WatchListener): Result<Disposable, ApiStatus>;
}

/** How the objects of a kind follow from objects of another kind. */
export interface Derivation {
  readonly from: Kind;
  /** Pure. The names differ, and each has the `resourceVersion` of the source. */
  derive(source: Stored): readonly Stored[];
  /** Returns the name of the source of an object with this name. */
  sourceName(name: string): string;
}

/** `Derivation` for a stored kind: its type is known only here. */
export function derivation<K extends Kind>(
  from: K,
  sourceName: Derivation["sourceName"],
  derive: (source: ObjectOf<K>) => readonly Stored[],
): Derivation {
  return { from, sourceName, derive: (source) => derive(source as ObjectOf<K>) };
}

export class DerivedReader implements ObjectReader {
  readonly #store: ObjectReader;
  readonly #derivation: Derivation;
  /** Keeps the identity of derived objects, by which their JSON texts are cached. */
  readonly #derived = new WeakMap<Stored, readonly Stored[]>();

  constructor(store: ObjectReader, derivation: Derivation) {
    this.#store = store;
    this.#derivation = derivation;
  }

  get version(): number {
    return this.#store.version;
  }

  get firstVersion(): number {
    return this.#store.firstVersion;
  }

  get(_kind: Kind, namespace: string, name: string): Stored | undefined {
    const { from, sourceName } = this.#derivation;
    return this.#of(this.#store.get(from, namespace, sourceName(name))).find(({ metadata }) => metadata.name === name);
  }

  list(_kind: Kind, { namespace, labels }: Selection = {}): readonly Stored[] {
    return this.#all(this.#store.list(this.#derivation.from, { namespace }), labels);
  }

  listAt(version: number, _kind: Kind, { namespace, labels }: Selection = {}): Result<readonly Stored[], ApiStatus> {
    const sources = this.#store.listAt(version, this.#derivation.from, { namespace });
    return sources.ok ? ok(this.#all(sources.value, labels)) : sources;
  }

  watchSince(since: number, { namespace }: WatchOptions, listener: WatchListener): Result<Disposable, ApiStatus> {
    return this.#store.watchSince(since, { kind: this.#derivation.from, namespace }, (event) => {
      for (const each of this.#eventsOf(event)) listener(each);
    });
  }

  #of(source: Stored | undefined): readonly Stored[] {
    if (!source) return [];
    const known = this.#derived.get(source);
    if (known) return known;
    const made = this.#derivation.derive(source);
    this.#derived.set(source, made);
    return made;
  }

  #all(sources: readonly Stored[], labels: Selection["labels"] = {}): readonly Stored[] {
    return sources
      .flatMap((source) => this.#of(source))
      .filter(({ metadata }) => matchesLabels(labels, metadata.labels))
      .sort((a, b) => compareKeys(pathOf(a), pathOf(b)));
  }

  #eventsOf({ type, object, old }: WatchEvent): readonly WatchEvent[] {
    const now = type === "DELETED" ? [] : this.#of(object);
    const before = new Map(this.#of(old).map((each) => [each.metadata.name, each]));
    const written = now.map((each): WatchEvent => {
      const former = before.get(each.metadata.name);
      before.delete(each.metadata.name);
      return { type: former ? "MODIFIED" : "ADDED", object: each, key: keyOf(each), ...(former && { old: former }) };
    });
    const { resourceVersion } = object.metadata;
    const removed = [...before.values()].map((each): WatchEvent => {
      const last = { ...each, metadata: { ...each.metadata, resourceVersion } };
      return { type: "DELETED", object: last, old: each, key: keyOf(each) };
    });
    return [...removed, ...written];
  }
}

function pathOf({ metadata: { namespace = "", name } }: Stored): string {
  return namespacedName({ namespace, name });
}

function compareKeys(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
