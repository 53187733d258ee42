// Defines the result of a simulation.

export interface Percentiles {
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** One interval of time. */
export interface SimulationSample {
  /** Since the beginning of the load. */
  readonly atMs: number;
  /** The maximum of ready pods. */
  readonly ready: number;
  /** The maximum of the Deployment's replicas. */
  readonly wanted: number;
  /** The average of running and waiting requests. */
  readonly concurrency: number;
  readonly requestsPerSecond: number;
}

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
  readonly samples: readonly SimulationSample[];
}
