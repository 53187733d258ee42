import { describe, expect, it } from "vitest";
import type { Kind } from "../../../../src/apis/kinds.ts";
import { keyOf, type ObjectKey } from "../../../../src/apis/meta/key.ts";
import type { AnyObject, ObjectMeta } from "../../../../src/apis/meta/object.ts";
import { FOREGROUND } from "../../../../src/control-plane/store/deletion.ts";
import type { ObjectStore } from "../../../../src/control-plane/store/object-store.ts";
import { makeStore, written } from "../../../support/store.ts";

const make = (store: ObjectStore, name: string, metadata: Partial<ObjectMeta> = {}): AnyObject =>
  written(store.create({ apiVersion: "serving.knative.dev/v1", kind: "Service", metadata: { name, ...metadata } }));
const KSVC = "Service.serving.knative.dev" as const;
const key = (name: string, kind: Kind = KSVC): ObjectKey => ({ kind, namespace: "default", name });
const owned = (owner: AnyObject, blocks = true): Partial<ObjectMeta> => ({
  ownerReferences: [
    {
      apiVersion: owner.apiVersion,
      kind: owner.kind,
      name: owner.metadata.name,
      uid: owner.metadata.uid ?? "",
      controller: true,
      blockOwnerDeletion: blocks,
    },
  ],
});
const names = (store: ObjectStore): readonly string[] => store.list(KSVC).map(({ metadata }) => metadata.name);
const makePod = (store: ObjectStore, spec: object = { nodeName: "knap" }): AnyObject =>
  written(store.create({ apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec } as AnyObject));

describe("delete", () => {
  it("delete removes an object without finalizers", () => {
    const store = makeStore();
    make(store, "a");
    expect(store.delete(key("a"))).toMatchObject({ changed: true, removed: true });
    expect(names(store)).toEqual([]);
    expect(store.delete(key("a"))).toMatchObject({ refused: { code: 404 } });
  });

  it("delete marks an object with a finalizer, raises its generation once, and removes it with the last finalizer", () => {
    const store = makeStore();
    make(store, "a", { finalizers: ["x/y", "z/w"] });
    expect(store.delete(key("a"))).toMatchObject({ changed: true, removed: false });
    const marked = store.get(KSVC, "default", "a");
    expect(marked?.metadata).toMatchObject({ deletionTimestamp: "2000-01-01T00:00:00Z", generation: 2 });
    expect(store.delete(key("a"))).toMatchObject({ changed: false });
    store.patchMerge(key("a"), { metadata: { finalizers: ["z/w"] } });
    expect(names(store)).toEqual(["a"]);
    expect(store.patchMerge(key("a"), { metadata: { finalizers: ["z/w", "new/one"] } })).toMatchObject({
      refused: { code: 422 },
    });
    store.patchMerge(key("a"), { metadata: { finalizers: null } });
    expect(names(store)).toEqual([]);
  });

  it("delete refuses another uid or resourceVersion than the stored one", () => {
    const store = makeStore();
    make(store, "a");
    expect(store.delete(key("a"), { uid: "other" })).toMatchObject({
      refused: {
        code: 409,
        message:
          'Operation cannot be fulfilled on Service.serving.knative.dev "a": the UID in the precondition (other) does not match the UID in record (uid-1). The object might have been deleted and then recreated',
      },
    });
    expect(store.delete(key("a"), { resourceVersion: "1" })).toMatchObject({ refused: { code: 409 } });
    expect(store.delete(key("a"), { uid: "uid-1", dryRun: true })).toMatchObject({ removed: true });
    expect(names(store)).toEqual(["a"]);
  });
});

describe("pods", () => {
  it("a deleted Pod keeps deletionTimestamp and grace period until the kubelet confirms", () => {
    const store = makeStore();
    const pod = makePod(store, { nodeName: "knap", terminationGracePeriodSeconds: 300 });
    store.delete(key("p", "Pod"));
    expect(store.get("Pod", "default", "p")?.metadata).toMatchObject({
      deletionTimestamp: "2000-01-01T00:05:00Z",
      deletionGracePeriodSeconds: 300,
    });
    store.delete(key("p", "Pod"), { gracePeriodSeconds: 10 });
    expect(store.get("Pod", "default", "p")?.metadata.deletionGracePeriodSeconds).toBe(10);
    store.delete(key("p", "Pod"), { gracePeriodSeconds: 20 });
    expect(store.get("Pod", "default", "p")?.metadata.deletionGracePeriodSeconds).toBe(10);
    const podKey = { kind: "Pod", namespace: "default", name: "p" } as const;
    expect(store.confirmDeleted(podKey, "another")).toMatchObject({ refused: { code: 409 } });
    expect(store.confirmDeleted(podKey, pod.metadata.uid ?? "")).toMatchObject({ removed: true });
    expect(store.get("Pod", "default", "p")).toBeUndefined();
  });

  it("a Pod without a node or a finished Pod is removed at once", () => {
    const store = makeStore();
    makePod(store, {});
    expect(store.delete(key("p", "Pod"))).toMatchObject({ removed: true });
    makePod(store);
    store.writeStatus(key("p", "Pod"), { phase: "Failed" });
    expect(store.delete(key("p", "Pod"))).toMatchObject({ removed: true });
  });
});

describe("garbage collection", () => {
  it("propagation Background removes the owner first, then its direct and indirect dependents", () => {
    const store = makeStore();
    const a = make(store, "a");
    const b = make(store, "b", owned(a));
    make(store, "c", owned(b));
    store.delete(key("a"), { propagation: "Background" });
    expect(names(store)).toEqual(["b", "c"]);
    expect(store.collectGarbage()).toBe(true);
    expect(names(store)).toEqual([]);
    expect(store.collectGarbage()).toBe(false);
  });

  it("propagation Foreground keeps an owner until its blocking dependents are removed", () => {
    const store = makeStore();
    const a = make(store, "a");
    const b = make(store, "b", { ...owned(a), finalizers: ["x/y"] });
    make(store, "c", owned(b));
    make(store, "loose", owned(a, false));
    store.delete(key("a"), { propagation: "Foreground" });
    expect(store.get(KSVC, "default", "a")?.metadata.finalizers).toEqual([FOREGROUND]);
    store.collectGarbage();
    expect(names(store)).toEqual(["a", "b", "loose"]);
    store.patchMerge(keyOf(b), { metadata: { finalizers: null } });
    store.collectGarbage();
    expect(names(store)).toEqual([]);
  });

  it("propagation Foreground waits for Pods that the kubelet has not confirmed", () => {
    const store = makeStore();
    const a = make(store, "a");
    const spec = { nodeName: "knap" };
    written(store.create({ apiVersion: "v1", kind: "Pod", metadata: { name: "p", ...owned(a) }, spec } as AnyObject));
    store.delete(key("a"), { propagation: "Foreground" });
    store.collectGarbage();
    expect(names(store)).toEqual(["a"]);
    store.delete(key("p", "Pod"), { gracePeriodSeconds: 0 });
    store.collectGarbage();
    expect(names(store)).toEqual([]);
  });

  /** Creates objects that own each other in a cycle: the last one owns the first. */
  const makeRing = (store: ObjectStore, ...ring: readonly string[]): void => {
    const made = ring.map((name) => make(store, name));
    for (const [index, object] of made.entries()) {
      const owner = made.at(index - 1) as AnyObject;
      store.patchMerge(keyOf(object), { metadata: owned(owner) });
    }
  };

  it("propagation Foreground removes objects that own each other in a cycle", () => {
    const store = makeStore();
    makeRing(store, "a", "b", "c");
    store.delete(key("a"), { propagation: "Foreground" });
    store.collectGarbage();
    expect(names(store)).toEqual([]);
  });

  it("a cycle of owners is removed although each object was deleted with Foreground", () => {
    const store = makeStore();
    makeRing(store, "a", "b", "c");
    for (const name of ["a", "b", "c"]) store.delete(key(name), { propagation: "Foreground" });
    store.collectGarbage();
    expect(names(store)).toEqual([]);
  });

  it("propagation Foreground keeps a cycle of owners until its other dependents are removed", () => {
    const store = makeStore();
    makeRing(store, "a", "b");
    const b = store.get(KSVC, "default", "b") as AnyObject;
    const blocked = make(store, "held", { ...owned(b), finalizers: ["x/y"] });
    for (const name of ["a", "b"]) store.delete(key(name), { propagation: "Foreground" });
    store.collectGarbage();
    expect(names(store)).toContain("b");
    store.patchMerge(keyOf(blocked), { metadata: { finalizers: null } });
    store.collectGarbage();
    expect(names(store)).toEqual([]);
  });

  it("propagation Orphan removes the owner reference from dependents", () => {
    const store = makeStore();
    const a = make(store, "a");
    make(store, "b", owned(a));
    store.delete(key("a"), { propagation: "Orphan" });
    store.collectGarbage();
    expect(names(store)).toEqual(["b"]);
    expect(store.get(KSVC, "default", "b")?.metadata.ownerReferences).toBeUndefined();
  });

  it("propagation Foreground does not wait for a dependent whose own dependents are being deleted (11 A6)", () => {
    const store = makeStore();
    const a = make(store, "a");
    const b = make(store, "b", owned(a));
    const c = make(store, "c", owned(b));
    make(store, "d", { ...owned(c), finalizers: ["x/y"] });
    store.delete(key("c"), { propagation: "Foreground" });
    store.collectGarbage();
    store.delete(key("a"), { propagation: "Foreground" });
    store.collectGarbage();
    expect(names(store)).toEqual(["b", "c", "d"]);
  });

  it("garbage collection orphans the dependents of a dependent that has the finalizer orphan (11 A6)", () => {
    const store = makeStore();
    const a = make(store, "a");
    const b = make(store, "b", { ...owned(a), finalizers: ["orphan"] });
    make(store, "c", owned(b));
    store.delete(key("a"));
    store.collectGarbage();
    expect(names(store)).toEqual(["c"]);
  });

  it("garbage collection removes only the reference while another owner exists", () => {
    const store = makeStore();
    const a = make(store, "a");
    const b = make(store, "b");
    const refs = [...(owned(a).ownerReferences ?? []), ...(owned(b).ownerReferences ?? [])];
    make(store, "c", { ownerReferences: refs });
    store.delete(key("a"));
    store.collectGarbage();
    expect(store.get(KSVC, "default", "c")?.metadata.ownerReferences).toEqual(owned(b).ownerReferences);
  });

  it("garbage collection removes an object whose owner does not exist", () => {
    const store = makeStore();
    const ghost = { apiVersion: "v1", kind: "X", metadata: { name: "ghost", uid: "gone" } };
    make(store, "a", owned(ghost));
    store.collectGarbage();
    expect(names(store)).toEqual([]);
  });

  it("the store removes the content of a terminating namespace before the namespace", () => {
    const store = makeStore({ namespaces: ["default", "prod"] });
    make(store, "a", { namespace: "prod", finalizers: ["x/y"] });
    const prod = { kind: "Namespace", namespace: "", name: "prod" } as const;
    store.delete(prod);
    store.collectGarbage();
    expect(store.get("Namespace", "", "prod")?.status).toEqual({ phase: "Terminating" });
    expect(
      store.create({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c", namespace: "prod" } }),
    ).toMatchObject({
      refused: {
        code: 403,
        message:
          'configmaps "c" is forbidden: unable to create new content in namespace prod because it is being terminated',
      },
    });
    store.patchMerge({ kind: KSVC, namespace: "prod", name: "a" }, { metadata: { finalizers: null } });
    store.collectGarbage();
    expect(store.get("Namespace", "", "prod")).toBeUndefined();
  });
});
