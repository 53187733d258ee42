// Defines the answer of `GET /live` of the API group knap.dev: figures that change too often to be stored in objects.
import type { Fault } from "../apis/faults/fault.ts";

export interface LiveRevision {
  readonly concurrency: number;
  /** Requests per second. */
  readonly rps: number;
  readonly inFlight: number;
  /** Requests that wait in the activator. */
  readonly waiting: number;
  readonly desired: number;
  readonly ready: number;
  readonly mode: "Serve" | "Proxy" | "";
  /** The end of panic mode: RFC 3339, or ms since the epoch. Absent outside of panic mode. */
  readonly panicUntil?: string | number | undefined;
  /** The newest scaling decision as a sentence. */
  readonly sentence: string;
}

/** Duration of each step of a cold start, in ms. */
export interface ColdStartParts {
  readonly queue: number;
  readonly decide: number;
  readonly create: number;
  readonly start: number;
  readonly port: number;
  readonly probe: number;
  readonly firstByte: number;
}

/** The steps of a cold start in order, with the names that users see. */
export const coldStartSteps: readonly (readonly [keyof ColdStartParts, string])[] = [
  ["queue", "queue"],
  ["decide", "decide"],
  ["create", "create"],
  ["start", "start"],
  ["port", "port"],
  ["probe", "probe"],
  ["firstByte", "first byte"],
];

/** The start of a pod that a request waited for. */
export interface ColdStart {
  /** `namespace/name` */
  readonly revision: string;
  readonly pod: string;
  /** From the request's arrival in the queue to the first byte of its response. */
  readonly totalMs: number;
  readonly parts: ColdStartParts;
  /** The part of `totalMs` in which images were fetched. */
  readonly fetchMs: number;
}

/** How long the node needed to make a pod ready, without the time to fetch images. */
export interface PodStart {
  /** `namespace/name` */
  readonly pod: string;
  readonly totalMs: number;
}

export interface HttpsListener {
  readonly port: number;
  /** File of the CA certificate, which clients have to trust. */
  readonly authority: string;
}

/** The keys of its maps are `namespace/name`. */
export interface Live {
  /** ms since the epoch. */
  readonly time: number;
  readonly revisions: Readonly<Record<string, LiveRevision>>;
  /** The number of requests to each revision of a Service. */
  readonly services: Readonly<Record<string, { readonly observed: Readonly<Record<string, number>> }>>;
  /** Oldest first. */
  readonly coldStarts: readonly ColdStart[];
  /** Only pods that still exist and were ready at least once. */
  readonly podStarts: readonly PodStart[];
  /** Absent if the session does not serve https. */
  readonly https?: HttpsListener | undefined;
  /** The step of each Service's build that runs now; "" before the first step. */
  readonly builds?: Readonly<Record<string, string>> | undefined;
  /** The injected faults that are on. */
  readonly faults?: readonly Fault[] | undefined;
}
