// What a simulation found out, as data.

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
  /** From the beginning of the load. */
  readonly atMs: number;
  /** The most ready pods in it. */
  readonly ready: number;
  /** The most replicas asked of the Deployment in it. */
  readonly wanted: number;
  /** Requests in flight and waiting, on average. */
  readonly concurrency: number;
  readonly requestsPerSecond: number;
}

export interface SimulationResult {
  readonly service: string;
  readonly revision: string;
  /** Single requests, or flows where there are too many to play each. */
  readonly load: "requests" | "flows";
  /** What the reader must know about how it was done. */
  readonly notes: readonly string[];
  /** From the beginning of the load to the end, the way back to zero included. */
  readonly durationMs: number;
  readonly requests: number;
  /** Times the revision was woken from zero ready pods. */
  readonly coldStarts: number;
  /** Requests that arrived while no pod was ready. */
  readonly coldStarted: number;
  readonly queued: number;
  readonly timedOut: number;
  readonly rejected: number;
  readonly podsStarted: number;
  readonly mostReady: number;
  /** Seconds of pods on the node, starting and stopping ones included. */
  readonly instanceSeconds: number;
  readonly latencyMs: Percentiles;
  readonly waitingMs: Percentiles;
  readonly sampleMs: number;
  readonly samples: readonly SimulationSample[];
}
