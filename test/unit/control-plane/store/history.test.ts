import { describe, expect, it } from "vitest";
import type { AnyObject } from "../../../../src/apis/meta/object.ts";
import type { WatchOptions } from "../../../../src/control-plane/store/history.ts";
import type { ObjectStore } from "../../../../src/control-plane/store/object-store.ts";
import type { WatchEvent } from "../../../../src/control-plane/store/view.ts";
import { makeStore, written } from "../../../support/store.ts";

const configMap = (name: string, value = "1", namespace = "default"): AnyObject =>
  ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data: { value } }) as AnyObject;
const text = ({ type, object }: WatchEvent): string =>
  `${type} ${object.metadata.name}@${object.metadata.resourceVersion}`;
function record(store: ObjectStore, since = store.version, options: WatchOptions = {}): string[] {
  const seen: string[] = [];
  store.watchSince(since, options, (event) => seen.push(text(event)));
  return seen;
}

describe("watching", () => {
  it("tells creations, changes and removals in order, each with its version", () => {
    const store = makeStore();
    const seen = record(store, store.version, { kind: "ConfigMap" });
    store.create(configMap("a"));
    store.update(configMap("a", "2"));
    store.update(configMap("a", "2"));
    store.delete({ kind: "ConfigMap", namespace: "default", name: "a" });
    expect(seen).toEqual(["ADDED a@2", "MODIFIED a@3", "DELETED a@4"]);
  });

  it("replays what happened after a version, then goes on", () => {
    const store = makeStore();
    store.create(configMap("a"));
    const since = store.version;
    store.create(configMap("b"));
    const seen = record(store, since);
    store.create(configMap("c"));
    expect(seen).toEqual(["ADDED b@3", "ADDED c@4"]);
  });

  it("filters by namespace and kind and stops when disposed of", () => {
    const store = makeStore();
    const seen: string[] = [];
    const watch = store.watch({ kind: "ConfigMap", namespace: "x" }, (event) => seen.push(text(event)));
    store.create(configMap("a"));
    store.create(configMap("b", "1", "x"));
    watch[Symbol.dispose]();
    store.create(configMap("c", "1", "x"));
    expect(seen).toEqual(["ADDED b@3"]);
  });

  it("answers 410 when the history does not reach back", () => {
    const store = makeStore({ historySize: 3 });
    for (const name of ["a", "b", "c", "d"]) store.create(configMap(name));
    expect(store.watchSince(1, {}, () => {})).toMatchObject({ ok: false, error: { code: 410, reason: "Expired" } });
    expect(record(store, 2)).toEqual(["ADDED b@3", "ADDED c@4", "ADDED d@5"]);
  });

  it("never tells inside a write: a watcher that writes is told after the present event went round", () => {
    const store = makeStore();
    const seen: string[] = [];
    store.watch({}, (event) => {
      if (event.object.metadata.name === "a") {
        store.create(configMap("b"));
        seen.push("wrote b");
      }
      seen.push(text(event));
    });
    const second = record(store);
    written(store.create(configMap("a")));
    expect(seen).toEqual(["wrote b", "ADDED a@2", "ADDED b@3"]);
    expect(second).toEqual(["ADDED a@2", "ADDED b@3"]);
  });

  it("does not tell twice what a watch replayed while events were queued", () => {
    const store = makeStore();
    const late: string[] = [];
    let opened = false;
    store.watch({}, () => {
      if (opened) return;
      opened = true;
      store.create(configMap("b"));
      store.watchSince(1, {}, (event) => late.push(text(event)));
    });
    store.create(configMap("a"));
    expect(late).toEqual(["ADDED a@2", "ADDED b@3"]);
  });

  it("tells the others when one watcher throws", () => {
    const errors: unknown[] = [];
    const store = makeStore({ onError: (error) => errors.push(error) });
    store.watch({}, () => {
      throw new Error("boom");
    });
    const seen = record(store);
    store.create(configMap("a"));
    expect(seen).toEqual(["ADDED a@2"]);
    expect(errors).toHaveLength(1);
  });

  it("carries the former object, so that a label filter can tell leaving from changing", () => {
    const store = makeStore();
    const made = written(store.create(configMap("a")));
    const events: WatchEvent[] = [];
    store.watch({}, (event) => events.push(event));
    store.update(configMap("a", "2"));
    expect(events[0]?.old).toBe(made);
  });
});
