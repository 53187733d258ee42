// The interface of simulated traffic on one revision (single requests or flows), and the counts of its requests.
import type { RevisionKey, Stat } from "../apis/autoscaling/types.ts";
import type { Time } from "../base/clock.ts";
import { DurationHistogram } from "./duration-histogram.ts";

export interface SimulatedTraffic {
  /** The ready pods, by name, and the ServerlessService's mode. */
  setPods(pods: readonly string[], mode: "Serve" | "Proxy"): void;
  /** Sends the pod no new requests; calls `done` when its last one has ended. */
  drain(pod: string, done: () => void): void;
  /** Ends the second and returns the activator's statistics; then `podStat` returns those of the pods. */
  activatorStats(now: Time): ReadonlyMap<RevisionKey, Stat>;
  podStat(pod: string, now: Time): Stat | undefined;
  /** Running and waiting requests. */
  readonly inFlight: number;
}

/** Counts of requests so far; fractions if flows are played. */
export class Tally {
  requests = 0;
  /** Arrived while no pod was ready. */
  coldStarted = 0;
  /** Waited in the activator or in a queue-proxy. */
  queued = 0;
  timedOut = 0;
  /** A queue-proxy's queue was full. */
  rejected = 0;
  /** From arrival to response, for answered requests. */
  readonly latency = new DurationHistogram();
  /** From arrival until the container got the request. */
  readonly waiting = new DurationHistogram();
}
