// What happened, in order: a ring of events for late watchers and the queue that tells the present ones. It never calls a watcher inside a write.
import type { Kind } from "../../apis/kinds.ts";
import { keyOf, type ObjectKey } from "../../apis/meta/key.ts";
import type { Stored } from "../../apis/meta/object.ts";
import type { WatchEvent } from "./view.ts";

export interface WatchOptions {
  /** Absent: all kinds. */
  readonly kind?: Kind | undefined;
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
}
export type Listener = (event: WatchEvent) => void;

interface Entry {
  readonly version: number;
  readonly event: WatchEvent;
}
interface Watcher {
  readonly options: WatchOptions;
  readonly listener: Listener;
  /** The newest version told; what lies in the queue may have been replayed already. */
  told: number;
}

/** One entry per version, so that the slot of a version is a subtraction away. */
export class History {
  readonly #capacity: number;
  readonly #onError: (error: unknown) => void;
  readonly #ring: Entry[] = [];
  /** Where the oldest entry lies once the ring is full. */
  #start = 0;
  #queue: Entry[] = [];
  #draining = false;
  readonly #watchers = new Set<Watcher>();

  constructor(capacity: number, onError: (error: unknown) => void) {
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

  /** The oldest version after which everything is still known, given the newest. */
  oldest(newest: number): number {
    const first = this.#ring[this.#start];
    return first ? first.version - 1 : newest;
  }

  /** `newest`: the present version; `since`: report the recorded events after this version first. */
  watch(options: WatchOptions, newest: number, listener: Listener, since = newest): Disposable {
    const watcher: Watcher = { options, listener, told: newest };
    this.#watchers.add(watcher);
    const past = since >= newest ? [] : this.#after(since);
    for (const entry of past) this.#tell(watcher, entry);
    return { [Symbol.dispose]: () => this.#watchers.delete(watcher) };
  }

  /** Tells the watchers what is queued. A write made by a watcher is told in its turn, by the drain that runs already. */
  drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    while (this.#queue.length > 0) {
      const entries = this.#queue;
      this.#queue = [];
      for (const entry of entries) {
        for (const watcher of this.#watchers) {
          if (entry.version <= watcher.told) continue;
          watcher.told = entry.version;
          this.#tell(watcher, entry);
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

  #tell(watcher: Watcher, { event }: Entry): void {
    const { kind, namespace } = watcher.options;
    if (kind !== undefined && kind !== event.key.kind) return;
    if (namespace !== undefined && namespace !== event.key.namespace) return;
    try {
      watcher.listener(event);
    } catch (error) {
      this.#onError(error);
    }
  }
}
