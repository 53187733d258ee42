// The API's storage: holds all objects in memory, validates writes and reports them to watchers. Synchronous, no I/O.
import { SYSTEM_NAMESPACE } from "../../apis/config/serving-config.ts";
import { type Kind, kindOf, type ObjectOf } from "../../apis/kinds.ts";
import type { Admission, AdmissionRequest } from "../../apis/meta/admission.ts";
import { type ApiStatus, makeFailure } from "../../apis/meta/api-status.ts";
import { keyOf, type ObjectKey } from "../../apis/meta/key.ts";
import type { AnyObject, Stored } from "../../apis/meta/object.ts";
import type { Clock } from "../../base/clock.ts";
import { applyMergePatch, freezeDeep, isFields, sameJson } from "../../base/json.ts";
import { failed, ok, type Result } from "../../base/result.ts";
import { timeText } from "../../base/time.ts";
import { type DeleteOptions, isRemovable, markDeleted } from "./deletion.ts";
import { GarbageCollector, type GarbageTask } from "./garbage-collector.ts";
import { History, type WatchListener, type WatchOptions } from "./history.ts";
import { foldStringData, isUnchanged, makeCreated, makeUpdated, managed, traitsOf, withVersion } from "./metadata.ts";
import { ObjectIndex, withStates } from "./object-index.ts";
import type { DeleteOutcome, StatusPreconditions, WriteOptions, WriteOutcome } from "./outcome.ts";
import * as refusals from "./refusals.ts";
import type { Selection, View, WatchEvent, WatchEventOf } from "./view.ts";

export interface StoreOptions {
  readonly clock: Pick<Clock, "now">;
  /** Makes uids, and the five characters after a generateName. */
  readonly random: { uid(): string; suffix(): string };
  /** Default: accept every write unchanged. */
  readonly admission?: Admission;
  /** Namespaces to create at the start. A write into a missing namespace is refused; `any` turns this check off. */
  readonly namespaces?: readonly string[] | "any";
  /** Events kept for late watchers; default 10,000. */
  readonly historySize?: number;
  /** Freeze stored objects deeply, for tests. */
  readonly freeze?: boolean;
  /** Called when a watcher throws, with the key of the event; default: ignore. */
  readonly onError?: (error: unknown, key: ObjectKey) => void;
}

/** The service account of knap's controllers. */
const CONTROLLER = `system:serviceaccount:${SYSTEM_NAMESPACE}:controller`;
const NAMESPACES = ["default", SYSTEM_NAMESPACE, "kube-system", "kube-public"];
const NAME_ATTEMPTS = 8;

export class ObjectStore implements View {
  readonly #options: StoreOptions;
  readonly #index = new ObjectIndex();
  readonly #garbage = new GarbageCollector(this.#index);
  readonly #history: History;
  #version = 1;
  /** The version of the new store. A client that names an earlier one has it from another session. */
  readonly firstVersion: number;

  constructor(options: StoreOptions) {
    this.#options = options;
    this.#history = new History(options.historySize ?? 10_000, options.onError ?? (() => {}));
    for (const name of options.namespaces === "any" ? [] : (options.namespaces ?? NAMESPACES)) {
      const object = { apiVersion: "v1", kind: "Namespace", metadata: { name }, spec: { finalizers: ["kubernetes"] } };
      const made = this.create(object);
      if (!("refused" in made)) this.writeStatus(keyOf(made.object), { phase: "Active" });
    }
    this.firstVersion = this.#version;
  }

  /** The resourceVersion of the newest write. A list has the same resourceVersion. */
  get version(): number {
    return this.#version;
  }

  get<K extends Kind>(kind: K, namespace: string, name: string): ObjectOf<K> | undefined {
    return this.#index.get(kind, namespace, name);
  }
  list<K extends Kind>(kind: K, selection?: Selection): readonly ObjectOf<K>[] {
    return this.#index.list(kind, selection);
  }
  /** Lists the objects as they were at an earlier version. Fails (410) if the history lacks a later write. */
  listAt(version: number, kind: Kind, selection: Selection = {}): Result<readonly Stored[], ApiStatus> {
    const oldest = this.#history.oldest(this.#version);
    if (version < oldest) return failed(refusals.makeExpired(version, oldest));
    return ok(withStates(this.#index.list(kind), this.#history.statesAt(version, kind), selection));
  }
  dependents(uid: string): readonly Stored[] {
    return this.#index.dependents(uid);
  }

  /** Calls `listener` for each later write, in the order of the writes, after the write is stored. */
  watch<K extends Kind>(
    options: WatchOptions & { readonly kind: K },
    listener: (event: WatchEventOf<K>) => void,
  ): Disposable;
  watch(options: WatchOptions, listener: WatchListener): Disposable;
  watch(options: WatchOptions, listener: WatchListener): Disposable {
    return this.#history.watch(options, this.#version, listener);
  }

  /** Like {@link watch}, but first reports the writes after version `since`. Fails (410) if the history lacks one. */
  watchSince(since: number, options: WatchOptions, listener: WatchListener): Result<Disposable, ApiStatus> {
    const oldest = this.#history.oldest(this.#version);
    if (since < oldest) return failed(refusals.makeExpired(since, oldest));
    return ok(this.#history.watch(options, this.#version, listener, since));
  }

  create<T extends AnyObject>(object: T, options: WriteOptions = {}): WriteOutcome<Stored<T>> {
    const kind = kindOf(object);
    const placed = this.#place(kind, object);
    if ("refused" in placed) return placed;
    const key = keyOf(placed.object);
    if (this.get(kind, key.namespace, key.name)) return { refused: refusals.makeAlreadyExists(key) };
    const admitted = this.#admit({ operation: "CREATE", object: foldStringData(placed.object) }, options);
    if ("refused" in admitted) return admitted;
    const birth = { uid: this.#options.random.uid(), creationTimestamp: timeText(this.#options.clock.now()) };
    const created = managed(makeCreated(kind, admitted.object, birth), options);
    if (!created.ok) return { refused: created.error };
    const stored = options.dryRun ? created.value : this.#put(created.value, undefined);
    this.#history.drain();
    return { object: stored as Stored<T>, changed: true, warnings: admitted.warnings };
  }

  /**
   * Replaces the stored object except for its identity and, if the kind has a status subresource, its status. Fails
   * (409) if `object` has another resourceVersion or uid than the stored object.
   */
  update<T extends AnyObject>(object: T, options: WriteOptions = {}): WriteOutcome<Stored<T>> {
    const kind = kindOf(object);
    const namespace = traitsOf(kind).namespaced ? (object.metadata.namespace ?? "default") : "";
    const key = { kind, namespace, name: object.metadata.name };
    const old = this.get(kind, namespace, key.name) as Stored | undefined;
    if (!old) return { refused: refusals.makeNotFound(key) };
    const conflict = refusals.conflictOf(key, old, object.metadata);
    if (conflict) return { refused: conflict };
    return this.#replace(key, old, object, options) as WriteOutcome<Stored<T>>;
  }

  /** Applies an RFC 7386 patch to the main resource. A resourceVersion inside the patch is a precondition. */
  patchMerge<K extends Kind>(key: ObjectKey<K>, patch: unknown, options: WriteOptions = {}): WriteOutcome<ObjectOf<K>> {
    const old = this.get(key.kind, key.namespace, key.name) as Stored | undefined;
    if (!old) return { refused: refusals.makeNotFound(key) };
    const merged = applyMergePatch(old, patch) as AnyObject;
    if (!isFields(merged) || !isFields(merged.metadata)) {
      return { refused: makeFailure("BadRequest", "the patch must be an object and must not remove metadata") };
    }
    const conflict = refusals.conflictOf(key, old, merged.metadata);
    if (conflict) return { refused: conflict };
    return this.#replace(key, old, merged, options) as WriteOutcome<ObjectOf<K>>;
  }

  /** Replaces the whole status and nothing else. The generation does not change. */
  writeStatus<K extends Kind>(
    key: ObjectKey<K>,
    status: unknown,
    options: WriteOptions & StatusPreconditions = {},
  ): WriteOutcome<ObjectOf<K>> {
    const old = this.get(key.kind, key.namespace, key.name) as Stored | undefined;
    if (!old) return { refused: refusals.makeNotFound(key) };
    const conflict = refusals.conflictOf(key, old, options);
    if (conflict) return { refused: conflict };
    const { status: _, ...content } = old;
    const wanted = (status ?? null) === null ? content : { ...old, status };
    if (!options.manage && sameJson(wanted, old)) return { object: old as ObjectOf<K>, changed: false, warnings: [] };
    const admitted = this.#admit({ operation: "UPDATE", subresource: "status", object: wanted, old }, options);
    if ("refused" in admitted) return admitted;
    return this.#store(old, admitted.object, admitted.warnings, options) as WriteOutcome<ObjectOf<K>>;
  }

  /** Removes the object, or marks it for deletion if finalizers, dependents or a kubelet delay its removal. */
  delete(key: ObjectKey, options: DeleteOptions = {}): DeleteOutcome {
    const old = this.get(key.kind, key.namespace, key.name) as Stored | undefined;
    if (!old) return { refused: refusals.makeNotFound(key) };
    const failed = refusals.preconditionOf(key, old, options);
    if (failed) return { refused: failed };
    const marked = markDeleted(old, options, this.#options.clock.now());
    const removed = this.#isRemovable(marked);
    const changed = removed || !sameJson(marked, old);
    if (!changed || options.dryRun) return { object: marked, changed, removed };
    const object = removed ? this.#remove(old) : this.#put(marked, old);
    this.#history.drain();
    return { object, changed, removed };
  }

  /** Removes a Pod unless it has finalizers. The kubelet calls this when no container of the Pod runs any more. */
  confirmDeleted(key: ObjectKey<"Pod">, uid: string): DeleteOutcome {
    return this.delete(key, { uid, gracePeriodSeconds: 0 });
  }

  /** Runs the garbage collector's tasks until none is left. Returns true if a task changed the store. */
  collectGarbage(): boolean {
    const before = this.#version;
    for (let tasks = this.#garbage.next(); tasks; tasks = this.#garbage.next()) {
      for (const task of tasks) this.#runTask(task);
    }
    this.#history.drain();
    return this.#version !== before;
  }

  #runTask(task: GarbageTask): void {
    const { key } = task;
    const old = this.get(key.kind, key.namespace, key.name) as Stored | undefined;
    if (!old) return;
    if (task.do === "delete") this.delete(key, { propagation: task.propagation });
    else if (task.do === "edit") {
      this.#store(old, makeUpdated(key.kind, old, { ...old, metadata: { ...old.metadata, ...task.metadata } }), [], {});
    } else if (this.#isRemovable(old)) this.#remove(old);
  }

  /** Returns the object to create with its name and namespace set, or the reason why it cannot be created. */
  #place(kind: Kind, object: AnyObject): { readonly object: AnyObject } | { readonly refused: ApiStatus } {
    const { namespaced } = traitsOf(kind);
    const { namespace: requested, ...metadata } = object.metadata;
    const namespace = namespaced ? (requested ?? "default") : "";
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
    const refused = namespaced ? this.#namespaceError(namespace, key) : undefined;
    if (refused) return { refused };
    if (object.metadata.name && requested === (namespaced ? namespace : undefined)) return { object };
    return { object: { ...object, metadata: { ...metadata, name, ...(namespaced ? { namespace } : {}) } } };
  }

  #namespaceError(namespace: string, key: ObjectKey): ApiStatus | undefined {
    if (this.#options.namespaces === "any") return undefined;
    const found = this.get("Namespace", "", namespace);
    if (!found) return refusals.makeNotFound({ kind: "Namespace", namespace: "", name: namespace });
    if (found.metadata.deletionTimestamp === undefined) return undefined;
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

  #replace(key: ObjectKey, old: Stored, incoming: AnyObject, options: WriteOptions): WriteOutcome<Stored> {
    const wanted = makeUpdated(key.kind, old, foldStringData(incoming));
    if (!options.manage && sameJson(wanted, old)) return { object: old, changed: false, warnings: [] };
    const admitted = this.#admit({ operation: "UPDATE", object: wanted, old }, options);
    if ("refused" in admitted) return admitted;
    const next = admitted.object === wanted ? wanted : makeUpdated(key.kind, old, admitted.object);
    const refused = refusals.lateFinalizerOf(key, old, next);
    if (refused) return { refused };
    return this.#store(old, next, admitted.warnings, options);
  }

  /** Stores `next` if it differs from `old`. Removes the object if it is being deleted and `next` has no finalizer. */
  #store(old: Stored, next: AnyObject, warnings: readonly string[], options: WriteOptions): WriteOutcome<Stored> {
    const finished = managed(next, options);
    if (!finished.ok) return { refused: finished.error };
    const value = finished.value as Stored;
    const changed = !isUnchanged(value, old);
    if (!changed || options.dryRun) return { object: changed ? value : old, changed, warnings };
    // As in Kubernetes, the answer to the write that removes an object has its last version.
    const isGone = this.#isRemovable(value);
    const object = isGone ? value : this.#put(value, old);
    if (isGone) this.#remove(old);
    this.#history.drain();
    return { object, changed, warnings };
  }

  #admit(request: Omit<AdmissionRequest, "user">, { user = CONTROLLER }: WriteOptions): ReturnType<Admission> {
    return this.#options.admission?.({ ...request, user }) ?? { object: request.object, warnings: [] };
  }

  #isRemovable(object: AnyObject): boolean {
    if (!isRemovable(object)) return false;
    return kindOf(object) !== "Namespace" || this.#index.inNamespace(object.metadata.name).length === 0;
  }

  #put(object: AnyObject, old: Stored | undefined): Stored {
    const stored = this.#record(old ? "MODIFIED" : "ADDED", object, old);
    this.#index.put(stored, old);
    this.#garbage.noticeWrite(stored, old);
    return stored;
  }

  #remove(object: Stored): Stored {
    const stored = this.#record("DELETED", object, object);
    this.#index.remove(object);
    this.#garbage.noticeRemoval(object);
    return stored;
  }

  /** Records the event before the index changes: the history needs one event per version, also if the index throws. */
  #record(type: WatchEvent["type"], object: AnyObject, old: Stored | undefined): Stored {
    const version = this.#version + 1;
    const versioned = withVersion(object, version);
    const stored = this.#options.freeze ? freezeDeep(versioned) : versioned;
    this.#history.record(type, version, stored, old);
    this.#version = version;
    return stored;
  }
}
