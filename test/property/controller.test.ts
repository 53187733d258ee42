import fc from "fast-check";
import { expect, it } from "vitest";
import type { Kind } from "../../src/apis/kinds.ts";
import type { AnyObject } from "../../src/apis/meta/object.ts";
import type { Reconciler, World } from "../../src/control-plane/controller/reconciler.ts";
import { WorkQueue } from "../../src/control-plane/controller/work-queue.ts";
import type { ObjectStore } from "../../src/control-plane/store/object-store.ts";
import type { View } from "../../src/control-plane/store/view.ts";
import { makeRig } from "../support/controller.ts";

const KSVC = "Service.serving.knative.dev" as const;
const CONFIG = "Configuration.serving.knative.dev" as const;
const at = <K extends Kind>(kind: K, name: string) => ({ kind, namespace: "default", name });

/** A small planner: a Service has a Configuration with its image, and its status shows whether that one is ready. */
const service = {
  name: "service",
  kind: KSVC,
  reconcile: (object: AnyObject, world: World) => {
    const { name, uid = "" } = object.metadata;
    const image = (object.spec as { image: string }).image;
    const owner = { apiVersion: object.apiVersion, kind: "Service", name, uid, controller: true };
    const metadata = { name, namespace: "default", ownerReferences: [owner] };
    const create = { apiVersion: object.apiVersion, kind: "Configuration", metadata, spec: { image } };
    const child = world.get(CONFIG, "default", name) as AnyObject | undefined;
    return {
      ensure: [{ key: at(CONFIG, name), fields: { spec: { image } }, create }],
      status: { ready: (child?.status as { image?: string } | undefined)?.image === image },
    };
  },
} as unknown as Reconciler;
const configuration = {
  name: "configuration",
  kind: CONFIG,
  watches: (changed: AnyObject, view: View) =>
    changed.kind === "ConfigMap" ? view.list(CONFIG).map(({ metadata }) => at(CONFIG, metadata.name)) : [],
  reconcile: (object: AnyObject, world: World) => {
    const { image } = object.spec as { image: string };
    return { status: world.get("ConfigMap", "default", image) ? { image } : { missing: image } };
  },
} as unknown as Reconciler;

type Step =
  | { readonly do: "apply"; readonly name: string; readonly image: string }
  | { readonly do: "delete"; readonly name: string }
  | { readonly do: "image" | "drop"; readonly image: string }
  | { readonly do: "slice" };
const name = fc.constantFrom("a", "b", "c");
const image = fc.constantFrom("x", "y");
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("apply" as const), name, image }),
  fc.record({ do: fc.constant("delete" as const), name }),
  fc.record({ do: fc.constantFrom("image" as const, "drop" as const), image }),
  fc.constant({ do: "slice" as const }),
);

function act(store: ObjectStore, given: Step): void {
  if (given.do === "apply") {
    const object = { apiVersion: "serving.knative.dev/v1", kind: "Service", metadata: { name: given.name } };
    const applied = { ...object, spec: { image: given.image } };
    if ("refused" in store.create(applied)) store.update(applied);
  } else if (given.do === "delete") store.delete(at(KSVC, given.name));
  else if (given.do === "image") {
    store.create({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: given.image, namespace: "default" } });
  } else if (given.do === "drop") store.delete(at("ConfigMap", given.image));
}

/** Returns all objects without the fields that count writes. */
function snapshot(store: ObjectStore): unknown {
  return [KSVC, CONFIG].flatMap((kind) =>
    store.list(kind as Kind).map((object: AnyObject) => [kind, object.metadata.name, object.spec, object.status]),
  );
}

function run(steps: readonly Step[], reconcilers: readonly Reconciler[], between: "settle" | "slice"): ObjectStore {
  const { store, controller, turns } = makeRig(reconcilers);
  controller.start();
  for (const given of steps) {
    act(store, given);
    if (between === "settle") controller.settle();
    else if (given.do === "slice") turns.shift()?.();
  }
  controller.settle();
  const version = store.version;
  controller.resync();
  controller.settle();
  expect(store.version, "a second settle writes nothing").toBe(version);
  return store;
}

it("the objects do not depend on the order of work, and a second run writes nothing", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const reference = snapshot(run(steps, [service, configuration], "settle"));
      expect(snapshot(run(steps, [configuration, service], "settle"))).toEqual(reference);
      expect(snapshot(run(steps, [service, configuration], "slice"))).toEqual(reference);
    }),
  );
});

it("a new controller on the same objects changes nothing, so no key is lost", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const store = run(steps, [service, configuration], "slice");
      const before = snapshot(store);
      const { controller } = makeRig([service, configuration], { store });
      controller.start();
      controller.settle();
      expect(snapshot(store)).toEqual(before);
    }),
  );
});

it("the work queue returns every item once, ordered by rank and then by arrival", () => {
  const items = [0, 2, 2, 1, 0].map((rank) => ({ rank }));
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constantFrom(...items), fc.constant(undefined)), { maxLength: 40 }), (ops) => {
      const queue = new WorkQueue<(typeof items)[number]>();
      let model: (typeof items)[number][] = [];
      for (const op of ops) {
        if (op === undefined) {
          const next = model.find(({ rank }) => model.every((other) => rank <= other.rank));
          expect(queue.take()).toBe(next);
          model = model.filter((item) => item !== next);
        } else {
          queue.add(op);
          if (!model.includes(op)) model.push(op);
        }
        expect(queue.size).toBe(model.length);
      }
    }),
  );
});
