// Writes what planners want people to know as Kubernetes Events, counting repeats. It keeps a bounded number of them.
import type { Event } from "../../apis/core/types.ts";
import { keyOf, type ObjectKey } from "../../apis/meta/key.ts";
import type { AnyObject } from "../../apis/meta/object.ts";
import type { Clock } from "../../base/clock.ts";
import { md5Hex } from "../../base/hash.ts";
import { timeText } from "../../base/time.ts";
import type { ObjectStore } from "../store/object-store.ts";
import type { EventNote } from "./reconciler.ts";

/** Kubernetes keeps Events for an hour; here the newest are kept. */
const KEPT = 2_000;

export class EventRecorder {
  readonly #store: ObjectStore;
  readonly #clock: Pick<Clock, "now">;
  /** Recorded keys, the least recently counted first. */
  readonly #recorded = new Map<string, ObjectKey<"Event">>();

  constructor(store: ObjectStore, clock: Pick<Clock, "now">) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Records one event about an object; the same words from the same component only raise the count. */
  record(about: AnyObject, note: EventNote, component: string): void {
    const { name, uid = "", namespace } = about.metadata;
    const home = namespace ?? "default";
    const identity = [keyOf(about).kind, uid, note.type, note.reason, note.message, component].join("\n");
    const key = { kind: "Event", namespace: home, name: `${name}.${md5Hex(identity).slice(0, 16)}` } as const;
    const now = timeText(this.#clock.now());
    const known = this.#store.get("Event", key.namespace, key.name);
    // a planner that looks twice within a second says nothing new; counting that would never let the store rest
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
      if (this.#recorded.size <= KEPT) return;
      this.#recorded.delete(name);
      this.#store.delete(key);
    }
  }
}

interface Particulars {
  readonly about: AnyObject;
  readonly note: EventNote;
  readonly component: string;
  readonly key: ObjectKey;
  readonly now: string;
}

function makeEvent({ about, note, component, key, now }: Particulars): Event {
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
