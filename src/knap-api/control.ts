import type { ServingConfig } from "../apis/config/types.ts";
import type { AutoscalerTick } from "../control-plane/autoscaler/tick.ts";
import type { Controller } from "../control-plane/controller/controller.ts";
import type { ObjectStore } from "../control-plane/store/object-store.ts";

/** The parts of the control plane that the verbs of knap.dev read. */
export interface Control {
  readonly controller: Controller;
  readonly store: ObjectStore;
  readonly tick: AutoscalerTick;
  readonly config: () => ServingConfig;
}
