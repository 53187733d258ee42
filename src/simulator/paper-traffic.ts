// What a simulation asks of the load on one revision, whether it plays single requests or flows; and what it counts. Shapes only.
import type { RevisionKey, Stat } from "../apis/autoscaling/types.ts";
import type { Time } from "../base/clock.ts";
import { Histogram } from "./histogram.ts";

export interface PaperTraffic {
  /** The ready pods, by name, and the ServerlessService's mode. */
  setPods(pods: readonly string[], mode: "Serve" | "Proxy"): void;
  /** The pod takes no new requests; `done` is called when its last one is over. */
  drain(pod: string, done: () => void): void;
  /** Closes the second: the activator's reports now, the pods' to be read after. */
  activatorStats(now: Time): ReadonlyMap<RevisionKey, Stat>;
  podStat(pod: string, now: Time): Stat | undefined;
  /** Requests in the pods and waiting. */
  readonly inFlight: number;
}

/** What became of the requests so far. Counts are fractions when flows are played. */
export class Tally {
  requests = 0;
  /** Arrived while there was no ready pod. */
  coldStarted = 0;
  /** Waited at all, in the activator or in a queue-proxy. */
  queued = 0;
  timedOut = 0;
  /** A queue-proxy's line was full. */
  rejected = 0;
  /** From arrival to answer, for those that were answered. */
  readonly latency = new Histogram();
  /** The part of it before the container had the request. */
  readonly waiting = new Histogram();
}
