// Defines the result of a simulation.
import type { Percentiles } from "../load/duration-histogram.ts";
import type { ScaleSample } from "../load/scale-sample.ts";

export interface SimulationResult {
  readonly service: string;
  readonly revision: string;
  /** `flows` if there are too many requests to simulate each one. */
  readonly load: "requests" | "flows";
  /** Explanations for the reader. */
  readonly notes: readonly string[];
  /** From the beginning of the load to the end of the scale-down. */
  readonly durationMs: number;
  readonly requests: number;
  /** How often the number of ready pods rose from 0. */
  readonly coldStarts: number;
  /** Requests that arrived while no pod was ready. */
  readonly coldStarted: number;
  readonly queued: number;
  readonly timedOut: number;
  readonly rejected: number;
  readonly podsStarted: number;
  readonly mostReady: number;
  /** The sum of the pods' seconds on the node, including start and stop. */
  readonly instanceSeconds: number;
  readonly latencyMs: Percentiles;
  readonly waitingMs: Percentiles;
  readonly sampleMs: number;
  readonly samples: readonly ScaleSample[];
}
