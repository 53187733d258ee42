// A store with frozen objects and predictable uids, and a clock that tests advance.
import type { AnyObject, Stored } from "../../src/apis/meta/object.ts";
import type { Clock, Time } from "../../src/base/clock.ts";
import { ObjectStore, type StoreOptions } from "../../src/control-plane/store/object-store.ts";
import type { WriteOutcome } from "../../src/control-plane/store/outcome.ts";

export interface ManualClock extends Clock {
  /** Advances by `ms` and runs each due timer at its own time. */
  advance(ms: number): void;
  /** The time of the next timer; undefined if there is none. */
  next(): Time | undefined;
}

/** Makes a clock that starts at 2000-01-01T00:00:00Z and moves only on demand. */
export function makeManualClock(start: Time = Date.UTC(2000, 0, 1)): ManualClock {
  let now = start;
  let count = 0;
  const timers = new Map<number, { readonly time: Time; readonly run: () => void }>();
  const earliest = (): number | undefined =>
    [...timers].sort(([a, x], [b, y]) => x.time - y.time || a - b).map(([id]) => id)[0];
  return {
    now: () => now,
    at(time, run) {
      const id = count++;
      timers.set(id, { time, run });
      return { [Symbol.dispose]: () => timers.delete(id) };
    },
    next() {
      const id = earliest();
      return id === undefined ? undefined : timers.get(id)?.time;
    },
    advance(ms) {
      const end = now + ms;
      for (let id = earliest(); id !== undefined; id = earliest()) {
        const timer = timers.get(id)!;
        if (timer.time > end) break;
        timers.delete(id);
        now = Math.max(now, timer.time);
        timer.run();
      }
      now = end;
    },
  };
}

/** Makes a store with frozen objects, uids `uid-1`, `uid-2`, … and generated suffixes `aaaaa`, `aaaab`, …. */
export function makeStore(options: Partial<StoreOptions> = {}): ObjectStore {
  let uids = 0;
  let suffixes = 0;
  const chance = {
    uid: () => `uid-${++uids}`,
    suffix: () =>
      (suffixes++)
        .toString(26)
        .padStart(5, "0")
        .replace(/[0-9]/g, (digit) => "abcdefghij"[Number(digit)]!),
  };
  return new ObjectStore({ clock: makeManualClock(), random: chance, freeze: true, namespaces: "any", ...options });
}

/** Returns the object of a result that must be ok. */
export function written<T extends AnyObject>(outcome: WriteOutcome<T>): T {
  if ("refused" in outcome) throw new Error(`refused: ${outcome.refused.message}`);
  return outcome.object;
}

/** Returns the object as a store would, for tests without a store. */
export function asStored<T extends AnyObject>(object: T): Stored<T> {
  const { name } = object.metadata;
  const added = { namespace: "default", uid: `uid-of-${name}`, resourceVersion: "1", generation: 1 };
  const creationTimestamp = "2000-01-01T00:00:00Z";
  return { ...object, metadata: { ...added, creationTimestamp, ...object.metadata } } as unknown as Stored<T>;
}
