// A controller on a frozen store and a manual clock. Deferred turns of the event loop run on demand.
import type { ServingConfig } from "../../src/apis/config/types.ts";
import type { Kind } from "../../src/apis/kinds.ts";
import type { ObjectKey } from "../../src/apis/meta/key.ts";
import type { AnyObject, ObjectMeta } from "../../src/apis/meta/object.ts";
import { type LogRecord, makeLogger } from "../../src/base/logger.ts";
import { Controller } from "../../src/control-plane/controller/controller.ts";
import type { ControllerOptions } from "../../src/control-plane/controller/controller-options.ts";
import type { Plan, Reconciler, World } from "../../src/control-plane/controller/reconciler.ts";
import type { ObjectStore } from "../../src/control-plane/store/object-store.ts";
import { type ManualClock, makeManualClock, makeStore } from "./store.ts";

export const KSVC = "Service.serving.knative.dev" as const;
export const ksvc = (name: string, spec: object = {}, metadata: Partial<ObjectMeta> = {}): AnyObject => ({
  apiVersion: "serving.knative.dev/v1",
  kind: "Service",
  metadata: { name, ...metadata },
  spec,
});
export const configMap = (name: string, data: object = {}): AnyObject =>
  ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "default" }, data }) as AnyObject;
export const key = <K extends Kind>(kind: K, name: string): ObjectKey<K> => ({ kind, namespace: "default", name });
export const planner = (
  name: string,
  reconcile: (object: AnyObject, world: World) => Plan,
  more: Partial<Reconciler> = {},
): Reconciler => ({ name, kind: KSVC, reconcile, ...more }) as Reconciler;

export interface Rig {
  readonly store: ObjectStore;
  readonly clock: ManualClock;
  readonly controller: Controller;
  readonly log: LogRecord[];
  /** Deferred turns that have not run yet. */
  readonly turns: (() => void)[];
}

/** Makes a controller and its parts without starting it. */
export function makeRig(reconcilers: readonly Reconciler[], options: Partial<ControllerOptions> = {}): Rig {
  const clock = makeManualClock();
  const store = options.store ?? makeStore({ clock });
  const log: LogRecord[] = [];
  const turns: (() => void)[] = [];
  const controller = new Controller({
    store,
    clock,
    reconcilers,
    config: () => ({}) as ServingConfig,
    advice: () => new Map(),
    inquire: () => {},
    defer: (run) => turns.push(run),
    log: makeLogger((record) => log.push(record)),
    ...options,
  });
  return { store, clock, controller, log, turns };
}
