// The API's memory: every object of the emulator, written through few doors and watched in order. Synchronous; it plans
// nothing and does no I/O. Time, uids and admission are given to it.

import { SYSTEM_NAMESPACE } from "../../apis/config/serving-config.ts";
import { type Kind, kindOf, type ObjectOf } from "../../apis/kinds.ts";
import type { Admission } from "../../apis/meta/admission.ts";
import { type ApiStatus, makeFailure } from "../../apis/meta/api-status.ts";
import { keyOf, type ObjectKey } from "../../apis/meta/key.ts";
import type { AnyObject, Stored } from "../../apis/meta/object.ts";
import type { Clock } from "../../base/clock.ts";
import { applyMergePatch, freezeDeep, isFields, sameJson } from "../../base/json.ts";
import { failed, ok, type Result } from "../../base/result.ts";
import { timeText } from "../../base/time.ts";
import { type DeleteOptions, markDeleted, mayGo } from "./deletion.ts";
import { GarbageCollector, type GarbageTask } from "./garbage-collector.ts";
import { History, type Listener, type WatchOptions } from "./history.ts";
import { foldStringData, makeCreated, makeUpdated, traitsOf, withVersion } from "./metadata.ts";
import { ObjectIndex } from "./object-index.ts";
import * as refusals from "./refusals.ts";
import { conflictOf, lateFinalizerOf, preconditionOf } from "./refusals.ts";
import type { Selection, View, WatchEventOf } from "./view.ts";

export interface StoreOptions {
  readonly clock: Pick<Clock, "now">;
  /** Makers of uids and of the five characters that follow a generateName. */
  readonly random: { uid(): string; suffix(): string };
  /** Default: everything passes as it is. */
  readonly admission?: Admission;
  /** Namespaces that exist from the start; writes into others are refused until they are created. `any`: no check. */
  readonly namespaces?: readonly string[] | "any";
  /** Events kept for late watchers; default 10,000. */
  readonly historySize?: number;
  /** Freeze stored objects in all their depth: for tests. */
  readonly freeze?: boolean;
  /** A watcher threw; default: nobody is told. */
  readonly onError?: (error: unknown) => void;
}

export interface WriteOptions {
  /** Who writes; default: knap's controllers. */
  readonly user?: string;
  /** Say what would be written and write nothing. */
  readonly dryRun?: boolean;
}

/** `changed` is false when the write would have changed nothing: then no version was spent and nobody is told. */
export type Outcome<T extends AnyObject = AnyObject> =
  | { readonly object: T; readonly changed: boolean; readonly warnings: readonly string[] }
  | { readonly refused: ApiStatus };
/** `removed` is false while finalizers, dependents or a kubelet hold the object. */
export type DeleteOutcome =
  | { readonly object: Stored; readonly changed: boolean; readonly removed: boolean }
  | { readonly refused: ApiStatus };

/** The service account as which knap's own controllers write. */
const CONTROLLER = `system:serviceaccount:${SYSTEM_NAMESPACE}:controller`;
const NAMESPACES = ["default", SYSTEM_NAMESPACE, "kube-system", "kube-public"];
const NAME_ATTEMPTS = 8;

export class ObjectStore implements View {
  readonly #options: StoreOptions;
  readonly #shelves = new ObjectIndex();
  readonly #litter = new GarbageCollector(this.#shelves);
  readonly #history: History;
  #version = 1;

  constructor(options: StoreOptions) {
    this.#options = options;
    this.#history = new History(options.historySize ?? 10_000, options.onError ?? (() => {}));
    const names = options.namespaces === "any" ? [] : (options.namespaces ?? NAMESPACES);
    for (const name of names) {
      const object = { apiVersion: "v1", kind: "Namespace", metadata: { name }, spec: { finalizers: ["kubernetes"] } };
      const made = this.create(object);
      if (!("refused" in made)) this.writeStatus(keyOf(made.object), { phase: "Active" });
    }
  }

  /** The newest resourceVersion, as lists carry it. */
  get version(): number {
    return this.#version;
  }

  get<K extends Kind>(kind: K, namespace: string, name: string): ObjectOf<K> | undefined {
    return this.#shelves.get(kind, namespace, name);
  }
  list<K extends Kind>(kind: K, selection?: Selection): readonly ObjectOf<K>[] {
    return this.#shelves.list(kind, selection);
  }
  dependents(uid: string): readonly Stored[] {
    return this.#shelves.dependents(uid);
  }

  /** Reports every later write to `listener`, in order and never inside a write. */
  watch<K extends Kind>(
    options: WatchOptions & { readonly kind: K },
    listener: (event: WatchEventOf<K>) => void,
  ): Disposable;
  watch(options: WatchOptions, listener: Listener): Disposable;
  watch(options: WatchOptions, listener: Listener): Disposable {
    return this.#history.watch(options, this.#version, listener);
  }

  /** Like {@link watch}, but first reports the writes after version `since`. Fails (410) if the history no longer has all of them. */
  watchSince(since: number, options: WatchOptions, listener: Listener): Result<Disposable, ApiStatus> {
    const oldest = this.#history.oldest(this.#version);
    if (since < oldest) return failed(refusals.makeExpired(since, oldest));
    return ok(this.#history.watch(options, this.#version, listener, since));
  }

  create<T extends AnyObject>(object: T, options: WriteOptions = {}): Outcome<Stored<T>> {
    const kind = kindOf(object);
    const placed = this.#place(kind, object);
    if ("refused" in placed) return placed;
    const key = keyOf(placed.object);
    if (this.get(kind, key.namespace, key.name)) return { refused: refusals.makeAlreadyExists(key) };
    const admitted = this.#admit({ operation: "CREATE", object: foldStringData(placed.object) }, options);
    if ("refused" in admitted) return admitted;
    const birth = { uid: this.#options.random.uid(), creationTimestamp: timeText(this.#options.clock.now()) };
    const created = makeCreated(kind, admitted.object, birth);
    const stored = options.dryRun ? created : this.#put(created, undefined);
    this.#history.drain();
    return { object: stored as Stored<T>, changed: true, warnings: admitted.warnings };
  }

  /** Replaces all but identity and (where it is a subresource) status. 409 when `metadata.resourceVersion` or uid is given and not the stored one. */
  update<T extends AnyObject>(object: T, options: WriteOptions = {}): Outcome<Stored<T>> {
    const kind = kindOf(object);
    const namespace = traitsOf(kind).namespaced ? (object.metadata.namespace ?? "default") : "";
    const key = { kind, namespace, name: object.metadata.name };
    const old = this.get(kind, namespace, key.name) as Stored | undefined;
    if (!old) return { refused: refusals.makeNotFound(key) };
    const conflict = conflictOf(key, old, object.metadata);
    if (conflict) return { refused: conflict };
    return this.#replace(key, old, object, options) as Outcome<Stored<T>>;
  }

  /** An RFC 7386 patch of the main resource. A resourceVersion inside the patch is a precondition. */
  patchMerge<K extends Kind>(key: ObjectKey<K>, patch: unknown, options: WriteOptions = {}): Outcome<ObjectOf<K>> {
    const old = this.get(key.kind, key.namespace, key.name) as Stored | undefined;
    if (!old) return { refused: refusals.makeNotFound(key) };
    const merged = applyMergePatch(old, patch) as AnyObject;
    if (!isFields(merged) || !isFields(merged.metadata)) {
      return { refused: makeFailure("BadRequest", "the patch must be an object and leave metadata") };
    }
    const conflict = conflictOf(key, old, merged.metadata);
    if (conflict) return { refused: conflict };
    return this.#replace(key, old, merged, options) as Outcome<ObjectOf<K>>;
  }

  /** Replaces the status as a whole; everything else stays, generation too. */
  writeStatus<K extends Kind>(
    key: ObjectKey<K>,
    status: unknown,
    options: WriteOptions & { readonly resourceVersion?: string; readonly uid?: string } = {},
  ): Outcome<ObjectOf<K>> {
    const old = this.get(key.kind, key.namespace, key.name) as Stored | undefined;
    if (!old) return { refused: refusals.makeNotFound(key) };
    const conflict = conflictOf(key, old, options);
    if (conflict) return { refused: conflict };
    const { status: _, ...without } = old;
    return this.#keep(old, status === undefined ? without : { ...old, status }, [], options) as Outcome<ObjectOf<K>>;
  }

  /** Removes the object, or marks it and leaves it to finalizers, collector or kubelet. */
  delete(key: ObjectKey, options: DeleteOptions = {}): DeleteOutcome {
    const old = this.get(key.kind, key.namespace, key.name) as Stored | undefined;
    if (!old) return { refused: refusals.makeNotFound(key) };
    const failed = preconditionOf(key, old, options);
    if (failed) return { refused: failed };
    const marked = markDeleted(old, options, this.#options.clock.now());
    const removed = this.#mayGo(marked);
    const changed = removed || !sameJson(marked, old);
    if (!changed || options.dryRun) return { object: marked, changed, removed };
    const object = removed ? this.#remove(old) : this.#put(marked, old);
    this.#history.drain();
    return { object, changed, removed };
  }

  /** The kubelet's word that nothing of this pod runs any more: it goes as soon as no finalizer holds it. */
  confirmDeleted(key: ObjectKey<"Pod">, uid: string): DeleteOutcome {
    return this.delete(key, { uid, gracePeriodSeconds: 0 });
  }

  /** Follows owner references and terminating namespaces until nothing is left to do. True when it wrote something. */
  collectGarbage(): boolean {
    const before = this.#version;
    for (let chores = this.#litter.next(); chores; chores = this.#litter.next()) {
      for (const chore of chores) this.#tidy(chore);
    }
    this.#history.drain();
    return this.#version !== before;
  }

  #tidy(chore: GarbageTask): void {
    const { key } = chore;
    const old = this.get(key.kind, key.namespace, key.name) as Stored | undefined;
    if (!old) return;
    if (chore.do === "delete") {
      this.delete(key, chore.propagation ? { propagation: chore.propagation } : {});
    } else if (chore.do === "edit") {
      this.#keep(old, makeUpdated(key.kind, old, { ...old, metadata: { ...old.metadata, ...chore.metadata } }), [], {});
    } else if (this.#mayGo(old)) this.#remove(old);
  }

  /** A name and a namespace for an object to be created. */
  #place(kind: Kind, object: AnyObject): { readonly object: AnyObject } | { readonly refused: ApiStatus } {
    const { namespaced } = traitsOf(kind);
    const { namespace: given, ...metadata } = object.metadata;
    const namespace = namespaced ? (given ?? "default") : "";
    const name = metadata.name || this.#makeName(kind, namespace, metadata.generateName);
    const key = { kind, namespace, name: name ?? "" };
    if (!name) {
      const cause = { reason: "FieldValueRequired", field: "metadata.name" };
      const message = "Required value: name or generateName is required";
      return { refused: refusals.makeInvalid(key, [{ ...cause, message }]) };
    }
    if (metadata.resourceVersion) {
      const text = "resourceVersion should not be set on objects to be created";
      return { refused: makeFailure("BadRequest", text) };
    }
    const refused = namespaced ? this.#refusalIn(namespace, key) : undefined;
    if (refused) return { refused };
    if (object.metadata.name && given === (namespaced ? namespace : undefined)) return { object };
    return { object: { ...object, metadata: { ...metadata, name, ...(namespaced ? { namespace } : {}) } } };
  }

  #refusalIn(namespace: string, key: ObjectKey): ApiStatus | undefined {
    if (this.#options.namespaces === "any") return undefined;
    const home = this.get("Namespace", "", namespace);
    if (!home) return refusals.makeNotFound({ kind: "Namespace", namespace: "", name: namespace });
    if (home.metadata.deletionTimestamp === undefined) return undefined;
    const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
    return refusals.makeForbidden(key, why);
  }

  #makeName(kind: Kind, namespace: string, prefix: string | undefined): string | undefined {
    if (!prefix) return undefined;
    let name = prefix + this.#options.random.suffix();
    for (let left = NAME_ATTEMPTS; left > 0 && this.get(kind, namespace, name); left--) {
      name = prefix + this.#options.random.suffix();
    }
    return name;
  }

  #replace(key: ObjectKey, old: Stored, incoming: AnyObject, options: WriteOptions): Outcome<Stored> {
    if (incoming === old) return { object: old, changed: false, warnings: [] };
    const wanted = makeUpdated(key.kind, old, foldStringData(incoming));
    if (sameJson(wanted, old)) return { object: old, changed: false, warnings: [] };
    const admitted = this.#admit({ operation: "UPDATE", object: wanted, old }, options);
    if ("refused" in admitted) return admitted;
    const next = admitted.object === wanted ? wanted : makeUpdated(key.kind, old, admitted.object);
    const refused = lateFinalizerOf(key, old, next);
    if (refused) return { refused };
    return this.#keep(old, next, admitted.warnings, options);
  }

  /** Stores what differs; an object whose last finalizer went while it was being deleted goes with it. */
  #keep(old: Stored, next: AnyObject, warnings: readonly string[], options: WriteOptions): Outcome<Stored> {
    const changed = !sameJson(next, old);
    if (!changed || options.dryRun) return { object: changed ? (next as Stored) : old, changed, warnings };
    const object = this.#mayGo(next) ? this.#remove(next as Stored) : this.#put(next, old);
    this.#history.drain();
    return { object, changed, warnings };
  }

  #admit(
    request: { readonly operation: "CREATE" | "UPDATE"; readonly object: AnyObject; readonly old?: AnyObject },
    options: WriteOptions,
  ): ReturnType<Admission> {
    const { admission } = this.#options;
    if (!admission) return { object: request.object, warnings: [] };
    return admission({ ...request, user: options.user ?? CONTROLLER });
  }

  #mayGo(object: AnyObject): boolean {
    if (!mayGo(object)) return false;
    return kindOf(object) !== "Namespace" || this.#shelves.inNamespace(object.metadata.name).length === 0;
  }

  #put(object: AnyObject, old: Stored | undefined): Stored {
    const versioned = withVersion(object, ++this.#version);
    const stored = this.#options.freeze ? freezeDeep(versioned) : versioned;
    this.#shelves.put(stored, old);
    this.#litter.noticeWrite(stored, old);
    this.#history.record(old ? "MODIFIED" : "ADDED", this.#version, stored, old);
    return stored;
  }

  #remove(object: Stored): Stored {
    const stored = withVersion(object, ++this.#version);
    this.#shelves.remove(object);
    this.#litter.noticeRemoval(object);
    this.#history.record("DELETED", this.#version, stored, object);
    return stored;
  }
}
