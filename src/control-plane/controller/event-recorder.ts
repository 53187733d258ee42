// Records Kubernetes Events and counts repeated ones. Deletes the oldest above a limit.
import type { Event } from "../../apis/core/types.ts";
import { keyOf, type ObjectKey } from "../../apis/meta/key.ts";
import type { AnyObject } from "../../apis/meta/object.ts";
import type { Clock } from "../../base/clock.ts";
import { md5Hex } from "../../base/hash.ts";
import { timeText } from "../../base/time.ts";
import type { ObjectStore } from "../store/object-store.ts";
import type { EventNote } from "./reconciler.ts";

/** Kubernetes keeps Events for an hour; knap keeps this many of the newest. */
const MOST_EVENTS = 2_000;

export class EventRecorder {
  readonly #store: ObjectStore;
  readonly #clock: Pick<Clock, "now">;
  /** The keys of recorded Events. The least recently recorded key comes first. */
  readonly #recorded = new Map<string, ObjectKey<"Event">>();

  constructor(store: ObjectStore, clock: Pick<Clock, "now">) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Records an event. The same text from the same component raises the count of the existing Event. */
  record(about: AnyObject, note: EventNote, component: string): void {
    const { name, uid = "", namespace = "default" } = about.metadata;
    const identity = [keyOf(about).kind, uid, note.type, note.reason, note.message, component].join("\n");
    const key = { kind: "Event", namespace, name: `${name}.${md5Hex(identity).slice(0, 16)}` } as const;
    const now = timeText(this.#clock.now());
    const known = this.#store.get("Event", key.namespace, key.name);
    // A count of repeats within a second would change the store at each reconcile, so the queue would never be empty.
    if (known?.lastTimestamp === now) return;
    if (known) {
      this.#store.update({ ...known, count: (known.count ?? 1) + 1, lastTimestamp: now });
    } else {
      this.#store.create(makeEvent({ about, note, component, key, now }));
    }
    this.#recorded.delete(key.name);
    this.#recorded.set(key.name, key);
    this.#prune();
  }

  #prune(): void {
    for (const [name, key] of this.#recorded) {
      if (this.#recorded.size <= MOST_EVENTS) return;
      this.#recorded.delete(name);
      this.#store.delete(key);
    }
  }
}

interface EventParts {
  readonly about: AnyObject;
  readonly note: EventNote;
  readonly component: string;
  readonly key: ObjectKey;
  readonly now: string;
}

function makeEvent({ about, note, component, key, now }: EventParts): Event {
  const { name, namespace, uid } = about.metadata;
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: key.name, namespace: key.namespace },
    involvedObject: {
      apiVersion: about.apiVersion,
      kind: about.kind,
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
    },
    type: note.type,
    reason: note.reason,
    message: note.message,
    count: 1,
    firstTimestamp: now,
    lastTimestamp: now,
    source: { component },
  };
}
