// Options of the controller. Types only.
import type { DecisionNote, RevisionKey, ScaleResult } from "../../apis/autoscaling/types.ts";
import type { ServingConfig } from "../../apis/config/types.ts";
import type { Clock, Time } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { ObjectStore } from "../store/object-store.ts";
import type { Inquire } from "./inquiries.ts";
import type { Reconciler } from "./reconciler.ts";

export interface ControllerOptions {
  readonly store: ObjectStore;
  readonly clock: Clock;
  /** See `World.awakeSince`; absent: time never jumps. */
  readonly awakeSince?: (() => Time) | undefined;
  /**
   * Run in this order. If a planner comes before the planners that depend on it, fewer runs are needed; the result is
   * the same.
   */
  readonly reconcilers: readonly Reconciler[];
  readonly config: () => ServingConfig;
  readonly advice: () => ReadonlyMap<RevisionKey, ScaleResult>;
  readonly inquire: Inquire;
  /** Runs a function in a later turn of the event loop. */
  readonly defer: (run: () => void) => void;
  /** Elapsed ms, which limit a slice. Absent: a slice is a fixed number of tasks. */
  readonly elapsedMs?: () => number;
  readonly notes?: (notes: readonly DecisionNote[]) => void;
  readonly log: Logger;
  /**
   * Ms to wait after this many failures in a row (1, 2, …); undefined: no retry. Default: 5 ms, doubling, at most 30 s.
   */
  readonly backoffMs?: (attempt: number) => number | undefined;
}
