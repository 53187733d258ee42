// Defines read access to the store. Readers see each write immediately. Lists are sorted by key.
import type { LabelSelector } from "../../apis/core/types.ts";
import type { Kind, ObjectOf } from "../../apis/kinds.ts";
import type { ObjectKey } from "../../apis/meta/key.ts";
import type { Stored } from "../../apis/meta/object.ts";

/** Computes the values under which an index finds an object. Pure. */
export type Indexer = (object: Stored) => readonly string[];

export interface Selection {
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  readonly labels?: LabelSelector;
  /**
   * Only objects for which `by` returns `value`. The store builds an index at the first use of a function `by` and
   * finds it by its identity, so define the function at module level, never inline.
   */
  readonly index?: { readonly by: Indexer; readonly value: string };
}

export interface View {
  get<K extends Kind>(kind: K, namespace: string, name: string): ObjectOf<K> | undefined;
  list<K extends Kind>(kind: K, selection?: Selection): readonly ObjectOf<K>[];
  /** Objects whose ownerReferences name this uid, of all kinds. */
  dependents(uid: string): readonly Stored[];
}

export interface WatchEvent<O extends Stored = Stored, K extends Kind = Kind> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: O;
  /** The previous version; absent for ADDED. */
  readonly old?: O;
  readonly key: ObjectKey<K>;
}
/** An event of a watch of one kind. */
export type WatchEventOf<K extends Kind> = WatchEvent<ObjectOf<K>, K>;
