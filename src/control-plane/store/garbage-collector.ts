// The collector of ownerReferences and of namespaces' content (kube-controller-manager's garbagecollector): it notices
// what may be litter and says, one object at a time, what to do about it. It writes nothing itself.
import { kindOf } from "../../apis/kinds.ts";
import { keyOf, keyText, type ObjectKey } from "../../apis/meta/key.ts";
import type { ObjectMeta, OwnerReference, Stored } from "../../apis/meta/object.ts";
import { FOREGROUND, ORPHAN, type Propagation } from "./deletion.ts";
import { find, type ObjectIndex } from "./object-index.ts";

/** What one look at an object asks the store to do. */
export type GarbageTask =
  | { readonly do: "delete"; readonly key: ObjectKey; readonly propagation?: Propagation }
  /** Replace owners or finalizers of an object. */
  | {
      readonly do: "edit";
      readonly key: ObjectKey;
      readonly metadata: {
        readonly ownerReferences?: readonly OwnerReference[];
        readonly finalizers?: readonly string[];
      };
    }
  /** A terminating namespace that may be empty by now. */
  | { readonly do: "release"; readonly key: ObjectKey };

/** Objects to look at, in the order they were noticed. Event-driven: an owner that waits is looked at again when a dependent goes. */
export class GarbageCollector {
  readonly #shelves: ObjectIndex;
  readonly #suspects = new Map<string, ObjectKey>();

  constructor(shelves: ObjectIndex) {
    this.#shelves = shelves;
  }

  /** After an object was written. */
  noticeWrite(object: Stored, old: Stored | undefined): void {
    const owners = object.metadata.ownerReferences ?? [];
    if (isLeaving(object)) this.#suspect(object);
    if (old?.metadata.ownerReferences === object.metadata.ownerReferences) return;
    for (const { uid } of [...owners, ...(old?.metadata.ownerReferences ?? [])]) this.#noticeOwner(uid);
    if (owners.some(({ uid }) => !this.#shelves.byUid(uid))) this.#suspect(object);
  }

  /** After an object was removed. */
  noticeRemoval(object: Stored): void {
    for (const dependent of this.#shelves.dependents(object.metadata.uid)) this.#suspect(dependent);
    for (const { uid } of object.metadata.ownerReferences ?? []) this.#noticeOwner(uid);
    const { namespace } = object.metadata;
    const home = namespace === undefined ? undefined : this.#shelves.get("Namespace", "", namespace);
    if (home?.metadata.deletionTimestamp !== undefined) this.#suspect(home);
  }

  /** The next suspect's chores; undefined when there is no suspect left. */
  next(): readonly GarbageTask[] | undefined {
    const first = this.#suspects.entries().next();
    if (first.done) return undefined;
    const [text, key] = first.value;
    this.#suspects.delete(text);
    const object = find(this.#shelves, key);
    return object ? this.#inspect(key, object) : [];
  }

  #suspect(object: Stored): void {
    const key = keyOf(object);
    this.#suspects.set(keyText(key), key);
  }

  #noticeOwner(uid: string): void {
    const owner = this.#shelves.byUid(uid);
    if (owner && isLeaving(owner)) this.#suspect(owner);
  }

  #inspect(key: ObjectKey, object: Stored): readonly GarbageTask[] {
    if (object.metadata.deletionTimestamp === undefined) return this.#judgeDependent(key, object);
    const chores: GarbageTask[] = [];
    const { finalizers = [], uid } = object.metadata;
    const without = (finalizer: string): GarbageTask => ({
      do: "edit",
      key,
      metadata: { finalizers: finalizers.filter((other) => other !== finalizer) },
    });
    if (key.kind === "Namespace") {
      const content = this.#shelves.inNamespace(key.name).filter(({ metadata }) => !metadata.deletionTimestamp);
      chores.push(...content.map((item): GarbageTask => ({ do: "delete", key: keyOf(item) })), { do: "release", key });
    }
    if (finalizers.includes(ORPHAN)) {
      for (const dependent of this.#shelves.dependents(uid))
        chores.push(disown(dependent, (owner) => owner.uid === uid));
      chores.push(without(ORPHAN));
    } else if (finalizers.includes(FOREGROUND)) {
      const blockers = this.#shelves.dependents(uid).filter((dependent) => blocks(dependent, uid));
      for (const blocker of blockers) {
        if (!blocker.metadata.deletionTimestamp) this.#suspect(blocker);
        else if (this.#waitsFor(blocker, uid)) chores.push(unblock(blocker));
      }
      if (blockers.length === 0) chores.push(without(FOREGROUND));
    }
    return chores;
  }

  /** Whether an object that is deleted in Foreground waits, itself or through such dependents, for the one with this uid. */
  #waitsFor(object: Stored, uid: string, seen = new Set<string>()): boolean {
    const own = object.metadata.uid;
    if (own === uid) return true;
    if (seen.has(own) || !isForeground(object.metadata)) return false;
    seen.add(own);
    const blockers = this.#shelves.dependents(own).filter((dependent) => blocks(dependent, own));
    return blockers.some((blocker) => this.#waitsFor(blocker, uid, seen));
  }

  /** A dependent goes when no owner is left that wants it; else it only loses the references that mean nothing any more. */
  #judgeDependent(key: ObjectKey, object: Stored): readonly GarbageTask[] {
    const { ownerReferences: owners = [], finalizers = [], uid } = object.metadata;
    const isDangling = (owner: OwnerReference): boolean => !this.#shelves.byUid(owner.uid);
    const isWaiting = (owner: OwnerReference): boolean => isForeground(this.#shelves.byUid(owner.uid)?.metadata);
    const useless = owners.filter((owner) => isDangling(owner) || isWaiting(owner));
    if (useless.length === 0) return [];
    if (useless.length < owners.length) return [disown(object, (owner) => useless.includes(owner))];
    const dependents = this.#shelves.dependents(uid);
    if (owners.some(isWaiting) && dependents.length > 0) {
      // Objects that own each other would wait for each other: who is perhaps in such a ring blocks nobody.
      const isRing = dependents.some(({ metadata }) => isForeground(metadata));
      return [...(isRing ? [unblock(object)] : []), { do: "delete", key, propagation: "Foreground" }];
    }
    const held = finalizers.includes(ORPHAN) || finalizers.includes(FOREGROUND);
    return [held ? { do: "delete", key } : { do: "delete", key, propagation: "Background" }];
  }
}

function isLeaving(object: Stored): boolean {
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

/** Its owners need not wait for it any more. */
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
