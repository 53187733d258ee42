import type { Percentiles } from "./duration-histogram.ts";

/** How a number of requests ended, and how long they took. */
export interface RequestMeasures {
  /** Requests with a whole response. */
  readonly answered: number;
  /** Those of them with a status from 500. */
  readonly failed: number;
  /** Requests without a response, for example because the client left. */
  readonly unanswered: number;
  /** Of the answered requests. */
  readonly latencyMs: Percentiles;
}
