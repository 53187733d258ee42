// Defines the interface of the simulated traffic of a revision, and counts its requests.
import type { RevisionKey, Stat } from "../apis/autoscaling/types.ts";
import type { Time } from "../base/clock.ts";
import { DurationHistogram } from "../load/duration-histogram.ts";

export interface SimulatedTraffic {
  /** Sets the names of the ready pods and the mode of the ServerlessService. */
  setPods(pods: readonly string[], mode: "Serve" | "Proxy"): void;
  /** Sends the pod no new requests. Calls `done` when its last request has ended. */
  drain(pod: string, done: () => void): void;
  /** Ends the second and returns the activator's statistics. Afterwards `podStat` returns the pods' statistics. */
  activatorStats(now: Time): ReadonlyMap<RevisionKey, Stat>;
  podStat(pod: string, now: Time): Stat | undefined;
  /** Running and waiting requests. */
  readonly inFlight: number;
}

/** Counts requests. With flows, the counts are fractions. */
export class RequestCounts {
  requests = 0;
  /** Requests that arrived while no pod was ready. */
  coldStarted = 0;
  /** Requests that waited in the activator or in a queue-proxy. */
  queued = 0;
  timedOut = 0;
  /** Requests that a full queue-proxy refused. */
  rejected = 0;
  /** The time from arrival to response of answered requests. */
  readonly latency = new DurationHistogram();
  /** The time from arrival until the container got the request. */
  readonly waiting = new DurationHistogram();
}
