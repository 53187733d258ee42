// What a simulation is told. Shapes only.
import type { AnyObject, StringMap } from "../apis/meta/object.ts";
import type { LoadTrace } from "./load-trace.ts";

export interface SimulateOptions {
  /** The Service and whatever stands beside it, as from the user's files. */
  readonly objects: readonly AnyObject[];
  /** Data of the ConfigMaps of knative-serving, by name. */
  readonly configMaps?: ReadonlyMap<string, StringMap>;
  /** Which Service has the load; absent: the first one. */
  readonly service?: string;
  readonly load: LoadTrace;
  /** Default 1000. */
  readonly startUpMs?: number;
  /** Default 0. */
  readonly startUpSpreadMs?: number;
  /** Default: no limit. */
  readonly maxPods?: number;
  /** Default 1. */
  readonly seed?: number;
  /** More requests than this, given as rates, are played as flows. Default 1,500,000. */
  readonly mostRequests?: number;
}
