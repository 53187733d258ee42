// Finds objects to delete or edit after their owners or their namespace were deleted. It does not write to the store.
// Source: kubernetes pkg/controller/garbagecollector.
import { kindOf } from "../../apis/kinds.ts";
import { keyOf, keyText, type ObjectKey } from "../../apis/meta/key.ts";
import type { ObjectMeta, OwnerReference, Stored } from "../../apis/meta/object.ts";
import { FOREGROUND, ORPHAN, type Propagation } from "./deletion.ts";
import { find, type ObjectIndex } from "./object-index.ts";

/** One change that the store makes for the garbage collector. */
export type GarbageTask =
  | { readonly do: "delete"; readonly key: ObjectKey; readonly propagation?: Propagation | undefined }
  /** Replaces owners or finalizers of an object. */
  | {
      readonly do: "edit";
      readonly key: ObjectKey;
      readonly metadata: {
        readonly ownerReferences?: readonly OwnerReference[];
        readonly finalizers?: readonly string[];
      };
    }
  /** Removes a terminating namespace if it is empty. */
  | { readonly do: "release"; readonly key: ObjectKey };

/** A queue of objects to inspect. The removal of a dependent enqueues the owner that waits for it. */
export class GarbageCollector {
  readonly #index: ObjectIndex;
  readonly #queue = new Map<string, ObjectKey>();

  constructor(index: ObjectIndex) {
    this.#index = index;
  }

  noticeWrite(object: Stored, old: Stored | undefined): void {
    const owners = object.metadata.ownerReferences ?? [];
    if (waitsForDependents(object)) this.#enqueue(object);
    if (old?.metadata.ownerReferences === object.metadata.ownerReferences) return;
    for (const { uid } of [...owners, ...(old?.metadata.ownerReferences ?? [])]) this.#noticeOwner(uid);
    if (owners.some(({ uid }) => !this.#index.byUid(uid))) this.#enqueue(object);
  }

  noticeRemoval(object: Stored): void {
    for (const dependent of this.#index.dependents(object.metadata.uid)) this.#enqueue(dependent);
    for (const { uid } of object.metadata.ownerReferences ?? []) this.#noticeOwner(uid);
    const { namespace } = object.metadata;
    const namespaceObject = namespace === undefined ? undefined : this.#index.get("Namespace", "", namespace);
    if (namespaceObject?.metadata.deletionTimestamp !== undefined) this.#enqueue(namespaceObject);
  }

  /** Takes the next object from the queue and returns its tasks; undefined if the queue is empty. */
  next(): readonly GarbageTask[] | undefined {
    const first = this.#queue.entries().next();
    if (first.done) return undefined;
    const [text, key] = first.value;
    this.#queue.delete(text);
    const object = find(this.#index, key);
    return object ? this.#inspect(key, object) : [];
  }

  #enqueue(object: Stored): void {
    const key = keyOf(object);
    this.#queue.set(keyText(key), key);
  }

  #noticeOwner(uid: string): void {
    const owner = this.#index.byUid(uid);
    if (owner && waitsForDependents(owner)) this.#enqueue(owner);
  }

  #inspect(key: ObjectKey, object: Stored): readonly GarbageTask[] {
    if (object.metadata.deletionTimestamp === undefined) return this.#inspectDependent(key, object);
    const tasks: GarbageTask[] = [];
    const { finalizers = [], uid } = object.metadata;
    const without = (finalizer: string): GarbageTask => ({
      do: "edit",
      key,
      metadata: { finalizers: finalizers.filter((other) => other !== finalizer) },
    });
    if (key.kind === "Namespace") {
      const content = this.#index.inNamespace(key.name).filter(({ metadata }) => !metadata.deletionTimestamp);
      tasks.push(...content.map((item): GarbageTask => ({ do: "delete", key: keyOf(item) })), { do: "release", key });
    }
    if (finalizers.includes(ORPHAN)) {
      for (const dependent of this.#index.dependents(uid)) tasks.push(disown(dependent, (owner) => owner.uid === uid));
      tasks.push(without(ORPHAN));
    } else if (finalizers.includes(FOREGROUND)) {
      const blockers = this.#index.dependents(uid).filter((dependent) => blocks(dependent, uid));
      for (const blocker of blockers) {
        if (!blocker.metadata.deletionTimestamp) this.#enqueue(blocker);
        else if (this.#waitsFor(blocker, uid)) tasks.push(unblock(blocker));
      }
      if (blockers.length === 0) tasks.push(without(FOREGROUND));
    }
    return tasks;
  }

  /**
   * Returns true if the object is deleted with Foreground and waits for the object with this uid, directly or through
   * dependents.
   */
  #waitsFor(object: Stored, uid: string): boolean {
    const queue = [object];
    const seen = new Set<string>();
    for (let next = queue.pop(); next; next = queue.pop()) {
      const own = next.metadata.uid;
      if (own === uid) return true;
      if (seen.has(own) || !isForeground(next.metadata)) continue;
      seen.add(own);
      for (const dependent of this.#index.dependents(own)) if (blocks(dependent, own)) queue.push(dependent);
    }
    return false;
  }

  /** Deletes a dependent if no valid owner is left; otherwise removes its references to missing owners. */
  #inspectDependent(key: ObjectKey, object: Stored): readonly GarbageTask[] {
    const { ownerReferences: owners = [], finalizers = [], uid } = object.metadata;
    const isDangling = (owner: OwnerReference): boolean => !this.#index.byUid(owner.uid);
    const isWaiting = (owner: OwnerReference): boolean => isForeground(this.#index.byUid(owner.uid)?.metadata);
    const obsolete = new Set(owners.filter((owner) => isDangling(owner) || isWaiting(owner)));
    if (obsolete.size === 0) return [];
    if (obsolete.size < owners.length) return [disown(object, (owner) => obsolete.has(owner))];
    const dependents = this.#index.dependents(uid);
    if (owners.some(isWaiting) && dependents.length > 0) {
      // Objects that own each other would wait for each other, so a dependent in a possible cycle does not block.
      const mayBeCycle = dependents.some(({ metadata }) => isForeground(metadata));
      return [...(mayBeCycle ? [unblock(object)] : []), { do: "delete", key, propagation: "Foreground" }];
    }
    const hasOwnFinalizer = finalizers.includes(ORPHAN) || finalizers.includes(FOREGROUND);
    return [hasOwnFinalizer ? { do: "delete", key } : { do: "delete", key, propagation: "Background" }];
  }
}

function waitsForDependents(object: Stored): boolean {
  const { deletionTimestamp, finalizers = [] } = object.metadata;
  if (deletionTimestamp === undefined) return false;
  return finalizers.includes(FOREGROUND) || finalizers.includes(ORPHAN) || kindOf(object) === "Namespace";
}

function isForeground(metadata: ObjectMeta | undefined): boolean {
  return metadata?.deletionTimestamp !== undefined && (metadata.finalizers ?? []).includes(FOREGROUND);
}

function blocks(dependent: Stored, uid: string): boolean {
  return (dependent.metadata.ownerReferences ?? []).some((owner) => owner.uid === uid && owner.blockOwnerDeletion);
}

/** Lets the owners be removed before this object. */
function unblock(object: Stored): GarbageTask {
  const owners = object.metadata.ownerReferences ?? [];
  const ownerReferences = owners.map((owner) =>
    owner.blockOwnerDeletion ? { ...owner, blockOwnerDeletion: false } : owner,
  );
  return { do: "edit", key: keyOf(object), metadata: { ownerReferences } };
}

function disown(object: Stored, drop: (owner: OwnerReference) => boolean): GarbageTask {
  const kept = (object.metadata.ownerReferences ?? []).filter((owner) => !drop(owner));
  return { do: "edit", key: keyOf(object), metadata: { ownerReferences: kept } };
}
