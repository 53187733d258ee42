// Makes a planner's World for a test's store. It has no answers and no advice unless given.
import type { ServingConfig } from "../../src/apis/config/types.ts";
import type { World } from "../../src/control-plane/controller/reconciler.ts";
import type { View } from "../../src/control-plane/store/view.ts";

/** `now` defaults to 2024-05-01T10:00:00Z. */
export function makeWorld(view: View, config: ServingConfig, more: Partial<World> = {}): World {
  return {
    get: (kind, namespace, name) => view.get(kind, namespace, name),
    list: (kind, selection) => view.list(kind, selection),
    dependents: (uid) => view.dependents(uid),
    now: Date.UTC(2024, 4, 1, 10),
    awakeSince: 0,
    config,
    advice: new Map(),
    answer: () => undefined,
    refusal: () => undefined,
    derived: (make, of) => make(of, config),
    ...more,
  };
}
