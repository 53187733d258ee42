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
  const events: string[] = [];
  store.watchSince(since, options, (event) => events.push(text(event)));
  return events;
}

describe("watching", () => {
  it("a watch reports creations, changes and removals in order, each with its version", () => {
    const store = makeStore();
    const events = record(store, store.version, { kind: "ConfigMap" });
    store.create(configMap("a"));
    store.update(configMap("a", "2"));
    store.update(configMap("a", "2"));
    store.delete({ kind: "ConfigMap", namespace: "default", name: "a" });
    expect(events).toEqual(["ADDED a@2", "MODIFIED a@3", "DELETED a@4"]);
  });

  it("a write whose object cannot be indexed still leaves one event per version (11 A8)", () => {
    const store = makeStore();
    const since = store.version;
    const { metadata, ...rest } = configMap("a");
    expect(() => store.create({ ...rest, metadata: { ...metadata, ownerReferences: [null as never] } })).toThrow();
    store.create(configMap("b"));
    expect(record(store, since)).toEqual(["ADDED a@2", "ADDED b@3"]);
  });

  it("a watch replays the events after a version, then continues", () => {
    const store = makeStore();
    store.create(configMap("a"));
    const since = store.version;
    store.create(configMap("b"));
    const events = record(store, since);
    store.create(configMap("c"));
    expect(events).toEqual(["ADDED b@3", "ADDED c@4"]);
  });

  it("a watch filters by namespace and kind and stops when it is disposed", () => {
    const store = makeStore();
    const events: string[] = [];
    const watch = store.watch({ kind: "ConfigMap", namespace: "x" }, (event) => events.push(text(event)));
    store.create(configMap("a"));
    store.create(configMap("b", "1", "x"));
    watch[Symbol.dispose]();
    store.create(configMap("c", "1", "x"));
    expect(events).toEqual(["ADDED b@3"]);
  });

  it("a watch fails with 410 if the history no longer has the version", () => {
    const store = makeStore({ historySize: 3 });
    for (const name of ["a", "b", "c", "d"]) store.create(configMap(name));
    expect(store.watchSince(1, {}, () => {})).toMatchObject({ ok: false, error: { code: 410, reason: "Expired" } });
    expect(record(store, 2)).toEqual(["ADDED b@3", "ADDED c@4", "ADDED d@5"]);
  });

  it("a write of a watcher is reported after the current event has reached all watchers", () => {
    const store = makeStore();
    const events: string[] = [];
    store.watch({}, (event) => {
      if (event.object.metadata.name === "a") {
        store.create(configMap("b"));
        events.push("wrote b");
      }
      events.push(text(event));
    });
    const second = record(store);
    written(store.create(configMap("a")));
    expect(events).toEqual(["wrote b", "ADDED a@2", "ADDED b@3"]);
    expect(second).toEqual(["ADDED a@2", "ADDED b@3"]);
  });

  it("a watch reports an event once, also if it replays it while it is queued", () => {
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

  it("a watcher that throws does not stop the others", () => {
    const errors: unknown[] = [];
    const store = makeStore({ onError: (error) => errors.push(error) });
    store.watch({}, () => {
      throw new Error("boom");
    });
    const events = record(store);
    store.create(configMap("a"));
    expect(events).toEqual(["ADDED a@2"]);
    expect(errors).toHaveLength(1);
  });

  it("an event has the previous object, so that a label filter can see that an object no longer matches", () => {
    const store = makeStore();
    const made = written(store.create(configMap("a")));
    const events: WatchEvent[] = [];
    store.watch({}, (event) => events.push(event));
    store.update(configMap("a", "2"));
    expect(events[0]?.old).toBe(made);
  });
});
