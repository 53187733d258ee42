/** The scale of a Service in one interval of a load, simulated or real. */
export interface ScaleSample {
  /** Since the beginning of the load. */
  readonly atMs: number;
  /** The maximum of ready pods. */
  readonly ready: number;
  /** The maximum of the Deployments' replicas. */
  readonly wanted: number;
  /** The average of running and waiting requests. */
  readonly concurrency: number;
  readonly requestsPerSecond: number;
}
