// Defines the options of the controller.
import type { DecisionRecord, RevisionKey, ScaleResult } from "../../apis/autoscaling/types.ts";
import type { ServingConfig } from "../../apis/config/types.ts";
import type { Clock, Time } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { ObjectStore } from "../store/object-store.ts";
import type { Inquire } from "./inquiries.ts";
import type { Reconciler } from "./reconciler.ts";

export interface ControllerOptions {
  readonly store: ObjectStore;
  readonly clock: Clock;
  /** See `World.awakeSince`. If absent, the clock never jumps. */
  readonly awakeSince?: (() => Time) | undefined;
  /** The order affects only the number of runs. A reconciler should come before the reconcilers that depend on it. */
  readonly reconcilers: readonly Reconciler[];
  readonly config: () => ServingConfig;
  readonly advice: () => ReadonlyMap<RevisionKey, ScaleResult>;
  readonly inquire: Inquire;
  /** Runs a function in a later turn of the event loop. */
  readonly defer: (run: () => void) => void;
  /** Returns elapsed ms, to limit a slice. If absent, a slice is a fixed number of tasks. */
  readonly elapsedMs?: () => number;
  /** Called with the scaling decisions of a plan. */
  readonly onDecisions?: (decisions: readonly DecisionRecord[]) => void;
  readonly log: Logger;
  /**
   * Returns the ms to wait after this many failures in a row (1, 2, …); undefined: no retry. Default: 5 ms, doubled
   * each time, at most 30 s.
   */
  readonly backoffMs?: (failures: number) => number | undefined;
}
