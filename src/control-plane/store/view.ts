// The reading side of the store: what planners, the tick and the API see. A lister sees every write at once; lists are in key order.

import type { LabelSelector } from "../../apis/core/types.ts";
import type { Kind, ObjectKey, ObjectOf } from "../../apis/kinds.ts";
import type { AnyObject } from "../../apis/meta/object.ts";

/** Under which words an object is to be found. Pure: the same object always gives the same words. */
export type Indexer = (object: AnyObject) => readonly string[];

export interface Selection {
  /** Absent: all namespaces. */
  readonly namespace?: string;
  readonly labels?: LabelSelector;
  /**
   * Only objects for which `by` gives `value`. The store keeps an index per `by` from its first use on, known by identity:
   * define it once beside its planner, never inline.
   */
  readonly index?: { readonly by: Indexer; readonly value: string };
}

export interface View {
  get<K extends Kind>(kind: K, namespace: string, name: string): ObjectOf<K> | undefined;
  list<K extends Kind>(kind: K, selection?: Selection): readonly ObjectOf<K>[];
  /** Objects whose ownerReferences name this uid, of all kinds. */
  dependents(uid: string): readonly AnyObject[];
}

export type WatchEvent = {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: AnyObject;
  readonly old?: AnyObject;
  readonly key: ObjectKey;
};
