// Stores the newest watch events in a ring buffer, and reports each event to the watchers after the write.
import type { Kind } from "../../apis/kinds.ts";
import { keyOf, namespacedName, type ObjectKey } from "../../apis/meta/key.ts";
import type { Stored } from "../../apis/meta/object.ts";
import type { WatchEvent } from "./view.ts";

export interface WatchOptions {
  /** Absent: all kinds. */
  readonly kind?: Kind | undefined;
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
}
export type WatchListener = (event: WatchEvent) => void;

interface Entry {
  readonly version: number;
  readonly event: WatchEvent;
}
interface Watcher {
  readonly options: WatchOptions;
  readonly listener: WatchListener;
  /** `drain` skips events up to this version: `watch` reported them from the ring, or the watch starts after them. */
  reported: number;
}

/** The ring has one entry per version, so the offset of an entry is its version minus that of the oldest entry. */
export class History {
  readonly #capacity: number;
  readonly #onError: (error: unknown, key: ObjectKey) => void;
  readonly #ring: Entry[] = [];
  /** Position of the oldest entry once the ring is full. */
  #start = 0;
  #queue: Entry[] = [];
  #draining = false;
  readonly #watchers = new Set<Watcher>();

  constructor(capacity: number, onError: (error: unknown, key: ObjectKey) => void) {
    this.#capacity = capacity;
    this.#onError = onError;
  }

  record(type: WatchEvent["type"], version: number, object: Stored, old?: Stored): void {
    const key: ObjectKey = keyOf(object);
    const entry = { version, event: old ? { type, object, old, key } : { type, object, key } };
    if (this.#ring.length < this.#capacity) this.#ring.push(entry);
    else {
      this.#ring[this.#start] = entry;
      this.#start = (this.#start + 1) % this.#capacity;
    }
    this.#queue.push(entry);
  }

  /** Returns the oldest version after which the ring has all events. `newest`: the version of the newest write. */
  oldest(newest: number): number {
    const first = this.#ring[this.#start];
    return first ? first.version - 1 : newest;
  }

  /**
   * Calls `listener` for later events until disposed. If `since` is given, first reports the recorded events after that
   * version. `newest`: the version of the newest write.
   */
  watch(options: WatchOptions, newest: number, listener: WatchListener, since = newest): Disposable {
    const watcher: Watcher = { options, listener, reported: newest };
    this.#watchers.add(watcher);
    const past = since >= newest ? [] : this.#after(since);
    for (const entry of past) this.#report(watcher, entry);
    return { [Symbol.dispose]: () => this.#watchers.delete(watcher) };
  }

  /**
   * Returns the state at `version` of each object that a later write changed, by `namespace/name`; undefined for an
   * object that did not exist.
   */
  statesAt(version: number, kind: Kind): ReadonlyMap<string, Stored | undefined> {
    const states = new Map<string, Stored | undefined>();
    for (const { event } of this.#after(version)) {
      const path = namespacedName(event.key);
      if (event.key.kind === kind && !states.has(path)) states.set(path, event.old);
    }
    return states;
  }

  /** Reports queued events to the watchers. If a watcher writes, the running call also reports that write. */
  drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    while (this.#queue.length > 0) {
      const entries = this.#queue;
      this.#queue = [];
      for (const entry of entries) {
        for (const watcher of this.#watchers) {
          if (entry.version <= watcher.reported) continue;
          watcher.reported = entry.version;
          this.#report(watcher, entry);
        }
      }
    }
    this.#draining = false;
  }

  #after(version: number): readonly Entry[] {
    const ordered = [...this.#ring.slice(this.#start), ...this.#ring.slice(0, this.#start)];
    const first = ordered[0]?.version ?? 0;
    return ordered.slice(Math.max(0, version - first + 1));
  }

  #report(watcher: Watcher, { event }: Entry): void {
    const { kind, namespace } = watcher.options;
    if (kind !== undefined && kind !== event.key.kind) return;
    if (namespace !== undefined && namespace !== event.key.namespace) return;
    try {
      watcher.listener(event);
    } catch (error) {
      this.#onError(error, event.key);
    }
  }
}
