import { describe, expect, it } from "vitest";
import type { Kind } from "../../../../src/apis/kinds.ts";
import { keyOf, type ObjectKey } from "../../../../src/apis/meta/key.ts";
import type { AnyObject, ObjectMeta } from "../../../../src/apis/meta/object.ts";
import type { ObjectStore } from "../../../../src/control-plane/store/object-store.ts";
import { makeManualClock, makeStore, written } from "../../../support/store.ts";

const ksvc = (name: string, spec: unknown = { a: 1 }, metadata: Partial<ObjectMeta> = {}): AnyObject => ({
  apiVersion: "serving.knative.dev/v1",
  kind: "Service",
  metadata: { name, ...metadata },
  spec,
});
const configMap = (name: string, data = {}): AnyObject =>
  ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data }) as AnyObject;
const KSVC = "Service.serving.knative.dev" as const;
const key = (name: string, kind: Kind = KSVC): ObjectKey => ({ kind, namespace: "default", name });
const read = (store: ObjectStore, name: string, kind: Kind = KSVC): AnyObject | undefined =>
  store.get(kind, "default", name);

describe("creating", () => {
  it("create sets uid, generation 1 and a creation time in whole seconds, and ignores status", () => {
    const store = makeStore({ clock: makeManualClock(Date.UTC(2026, 7, 21) + 999) });
    const made = written(store.create({ ...ksvc("hello"), status: { url: "x" } }));
    expect(made).toEqual({
      ...ksvc("hello"),
      metadata: {
        name: "hello",
        namespace: "default",
        uid: "uid-1",
        generation: 1,
        resourceVersion: "2",
        creationTimestamp: "2026-08-21T00:00:00Z",
      },
    });
    expect(read(store, "hello")).toBe(made);
  });

  it("create sets no generation for core kinds and keeps the status of kinds without a status subresource", () => {
    const made = written(makeStore().create(configMap("c", { a: "1" })));
    expect(made.metadata.generation).toBeUndefined();
    expect(made).toMatchObject({ data: { a: "1" } });
  });

  it("create refuses a second object with the same name, with kubectl's text", () => {
    const store = makeStore();
    store.create(ksvc("hello"));
    expect(store.create(ksvc("hello"))).toEqual({
      refused: expect.objectContaining({
        code: 409,
        reason: "AlreadyExists",
        message: 'services.serving.knative.dev "hello" already exists',
        details: { name: "hello", group: "serving.knative.dev", kind: "services" },
      }),
    });
  });

  it("create makes a name from generateName and refuses an object with neither", () => {
    const store = makeStore();
    expect(written(store.create(ksvc("", {}, { generateName: "job-" }))).metadata.name).toBe("job-aaaaa");
    expect(written(store.create(ksvc("", {}, { generateName: "job-" }))).metadata.name).toBe("job-aaaab");
    expect(store.create(ksvc(""))).toMatchObject({
      refused: {
        code: 422,
        message:
          'Service.serving.knative.dev "" is invalid: metadata.name: Required value: name or generateName is required',
      },
    });
  });

  it("create refuses a namespace that does not exist", () => {
    const store = makeStore({ namespaces: ["default"] });
    expect(store.create(ksvc("a", {}, { namespace: "prod" }))).toMatchObject({
      refused: { code: 404, message: 'namespaces "prod" not found' },
    });
    store.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "prod" } });
    expect(store.create(ksvc("a", {}, { namespace: "prod" }))).toMatchObject({ changed: true });
  });

  it("create turns stringData of a Secret into base64 data", () => {
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "s" }, stringData: { a: "ä" } } as AnyObject;
    const made = written(makeStore().create(secret));
    expect(made).toMatchObject({ type: "Opaque", data: { a: "w6Q=" } });
    expect(made).not.toHaveProperty("stringData");
  });

  it("a dry run writes nothing", () => {
    const store = makeStore();
    expect(store.create(ksvc("hello"), { dryRun: true })).toMatchObject({ changed: true });
    expect(read(store, "hello")).toBeUndefined();
  });

  it("create stores the object that admission returns", () => {
    const store = makeStore({
      admission: ({ object, user }) => ({ object: { ...object, spec: { by: user } }, warnings: ["careful"] }),
    });
    const outcome = store.create(ksvc("hello"), { user: "alice" });
    expect(outcome).toMatchObject({ warnings: ["careful"], object: { spec: { by: "alice" } } });
  });
});

describe("updating", () => {
  it("update raises the generation if anything but metadata and status differs", () => {
    const store = makeStore();
    const made = written(store.create(ksvc("hello")));
    const labelled = written(store.patchMerge(key("hello"), { metadata: { labels: { a: "b" } } }));
    expect(labelled.metadata.generation).toBe(1);
    const respecced = written(store.update({ ...labelled, spec: { a: 2 }, status: { url: "x" } }));
    expect(respecced.metadata.generation).toBe(2);
    expect(respecced).not.toHaveProperty("status");
    expect(respecced.metadata.uid).toBe(made.metadata.uid);
  });

  it("update writes nothing if nothing differs", () => {
    const store = makeStore();
    const made = written(store.create(ksvc("hello", { a: 1, b: { c: [] } })));
    const version = store.version;
    const same = { ...ksvc("hello", { b: { c: [] }, a: 1 }, { labels: {} }) };
    expect(store.update(same)).toMatchObject({ changed: false, object: made });
    expect(store.patchMerge(key("hello"), { spec: { a: 1 } })).toMatchObject({ changed: false });
    expect(store.writeStatus(key("hello"), undefined)).toMatchObject({ changed: false });
    expect(store.version).toBe(version);
  });

  it("update refuses a stale resourceVersion and another uid, and accepts a write without a version", () => {
    const store = makeStore();
    const first = written(store.create(ksvc("hello")));
    written(store.update({ ...first, spec: { a: 2 } }));
    expect(store.update({ ...first, spec: { a: 3 } })).toMatchObject({
      refused: {
        code: 409,
        reason: "Conflict",
        message:
          'Operation cannot be fulfilled on services.serving.knative.dev "hello": the object has been modified; please apply your changes to the latest version and try again',
      },
    });
    expect(store.update(ksvc("hello", { a: 3 }, { uid: "other" }))).toMatchObject({ refused: { code: 409 } });
    expect(store.patchMerge(key("hello"), { metadata: { resourceVersion: "1" } })).toMatchObject({
      refused: { code: 409 },
    });
    expect(store.update(ksvc("hello", { a: 3 }))).toMatchObject({ changed: true });
  });

  it("writes to a missing object fail with 404", () => {
    expect(makeStore().update(ksvc("hello"))).toMatchObject({
      refused: { code: 404, message: 'services.serving.knative.dev "hello" not found' },
    });
    expect(makeStore().patchMerge(key("p", "Pod"), {})).toMatchObject({ refused: { message: 'pods "p" not found' } });
  });

  it("a status write makes a new version without a new generation", () => {
    const store = makeStore();
    const made = written(store.create(ksvc("hello")));
    const ready = written(store.writeStatus(key("hello"), { url: "http://x" }));
    expect(ready).toMatchObject({ spec: { a: 1 }, status: { url: "http://x" }, metadata: { generation: 1 } });
    expect(Number(ready.metadata.resourceVersion)).toBe(Number(made.metadata.resourceVersion) + 1);
    expect(store.writeStatus(key("hello"), {}, { resourceVersion: "1" })).toMatchObject({ refused: { code: 409 } });
  });

  it("update returns the refusal of admission and keeps the old object", () => {
    const refused = { message: "no" } as never;
    const store = makeStore({
      admission: ({ operation, object }) => (operation === "UPDATE" ? { refused } : { object, warnings: [] }),
    });
    const made = written(store.create(ksvc("hello")));
    expect(store.patchMerge(key("hello"), { spec: { a: 9 } })).toEqual({ refused });
    expect(read(store, "hello")).toBe(made);
  });
});

describe("listing", () => {
  it("list returns objects in key order, by namespace and by labels", () => {
    const store = makeStore();
    for (const [namespace, name, app] of [
      ["default", "c", "x"],
      ["other", "a", "x"],
      ["default", "a", "y"],
      ["default", "b", "x"],
    ] as const) {
      store.create(ksvc(name, {}, { namespace, labels: { app, all: "1" } }));
    }
    const names = (selection?: Parameters<typeof store.list>[1]): readonly string[] =>
      store.list(KSVC, selection).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    expect(names()).toEqual(["default/a", "default/b", "default/c", "other/a"]);
    expect(names({ namespace: "default" })).toEqual(["default/a", "default/b", "default/c"]);
    expect(names({ labels: { matchLabels: { app: "x", all: "1" } } })).toEqual(["default/b", "default/c", "other/a"]);
    expect(names({ namespace: "default", labels: { matchLabels: { app: "x" } } })).toEqual(["default/b", "default/c"]);
    store.patchMerge(key("b"), { metadata: { labels: { app: "y" } } });
    store.delete(key("c"));
    expect(names({ labels: { matchLabels: { app: "x" } } })).toEqual(["other/a"]);
  });

  it("list can use a custom index, which every write updates", () => {
    const store = makeStore();
    const byImage = ({ spec }: AnyObject): readonly string[] => (spec as { images?: string[] }).images ?? [];
    const names = (value: string, more = {}): readonly string[] =>
      store.list(KSVC, { index: { by: byImage, value }, ...more }).map(({ metadata }) => metadata.name);
    store.create(ksvc("b", { images: ["x", "y"] }));
    expect(names("x")).toEqual(["b"]);
    store.create(ksvc("a", { images: ["x"] }, { labels: { app: "1" } }));
    expect(names("x")).toEqual(["a", "b"]);
    expect(names("x", { labels: { matchLabels: { app: "1" } } })).toEqual(["a"]);
    expect(names("x", { namespace: "other" })).toEqual([]);
    store.patchMerge(key("b"), { spec: { images: ["z"] } });
    store.delete(key("a"));
    expect([names("x"), names("y"), names("z")]).toEqual([[], [], ["b"]]);
  });

  it("the store finds the dependents of an owner", () => {
    const store = makeStore();
    const owner = written(store.create(ksvc("owner")));
    const ownerReferences = [{ apiVersion: "a", kind: "k", name: "owner", uid: owner.metadata.uid ?? "" }];
    const child = written(store.create({ ...configMap("child"), metadata: { name: "child", ownerReferences } }));
    expect(store.dependents("uid-1")).toEqual([child]);
    store.patchMerge(keyOf(child), { metadata: { ownerReferences: null } });
    expect(store.dependents("uid-1")).toEqual([]);
  });

  it("list by label finds an object under its new labels after an update (11 A6)", () => {
    const store = makeStore();
    const names = (value: string): readonly string[] =>
      store.list(KSVC, { labels: { matchLabels: { app: value } } }).map(({ metadata }) => metadata.name);
    store.create(ksvc("a", {}, { labels: { app: "x" } }));
    expect([names("x"), names("y")]).toEqual([["a"], []]);
    store.patchMerge(key("a"), { metadata: { labels: { app: "y" } } });
    expect([names("x"), names("y")]).toEqual([[], ["a"]]);
  });

  it("the store starts with active namespaces (11 A6)", () => {
    const store = makeStore({ namespaces: ["default", "prod"] });
    expect(store.list("Namespace").map(({ status }) => status?.phase)).toEqual(["Active", "Active"]);
  });

  it("metadata has no empty values, selfLink and managedFields (11 A6)", () => {
    const empty = {
      labels: {},
      annotations: null,
      generateName: "",
      finalizers: [],
      selfLink: "x",
      managedFields: [{}],
    };
    const { metadata } = written(makeStore().create(ksvc("a", {}, empty as never)));
    const kept = ["creationTimestamp", "generation", "name", "namespace", "resourceVersion", "uid"];
    expect(Object.keys(metadata).sort()).toEqual(kept);
  });

  it.each([5, "x", [], { metadata: null }, { metadata: 5 }])(
    "patchMerge refuses the patch %j with 400 (11 A6)",
    (patch) => {
      const store = makeStore();
      store.create(ksvc("a"));
      expect(store.patchMerge(key("a"), patch)).toMatchObject({ refused: { code: 400 } });
    },
  );
});
