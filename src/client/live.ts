// What `GET /live` of the group knap.dev answers: the moving figures that no object carries. Types and the order of a start's steps; the emulator fills them, UIs read them.

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
  /** RFC 3339 or ms since the epoch; absent outside of panic. */
  readonly panicUntil?: string | number;
  /** The last decision in words. */
  readonly sentence: string;
}

/** Where the time of a start went, in ms. */
export interface ColdStartParts {
  readonly queue: number;
  readonly decide: number;
  readonly create: number;
  readonly start: number;
  readonly port: number;
  readonly probe: number;
  readonly firstByte: number;
}

/** The steps of a start in the order of time, with their names for people. */
export const coldStartSteps: readonly (readonly [keyof ColdStartParts, string])[] = [
  ["queue", "queue"],
  ["decide", "decide"],
  ["create", "create"],
  ["start", "start"],
  ["port", "port"],
  ["probe", "probe"],
  ["firstByte", "first byte"],
];

export interface ColdStart {
  /** `namespace/name` */
  readonly revision: string;
  readonly pod: string;
  readonly totalMs: number;
  readonly parts: ColdStartParts;
}

export interface HttpsListener {
  readonly port: number;
  /** File of the authority's certificate, which clients have to trust. */
  readonly authority: string;
}

/** Keys are `namespace/name`. */
export interface Live {
  /** ms since the epoch. */
  readonly time: number;
  readonly revisions: Readonly<Record<string, LiveRevision>>;
  /** Requests that each revision of a Service got lately. */
  readonly services: Readonly<Record<string, { readonly observed: Readonly<Record<string, number>> }>>;
  /** The newest last. */
  readonly coldStarts: readonly ColdStart[];
  /** The https door, once it is open. */
  readonly https?: HttpsListener;
}
