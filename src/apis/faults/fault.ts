// Defines the faults that knap injects on demand: their kinds, their settings, and how they are shown. Pure.

import { durationMs, parseDuration } from "../../base/go/duration.ts";

/** What a fault waits for. It decides about each such event of its pods whether to act. */
export type FaultEvent = "request" | "start" | "check" | "stop" | "pull" | "query";

interface FaultKindRow {
  /** Absent: the fault acts once, on the session, when it is injected. */
  readonly on?: FaultEvent;
  /** The effect on one event, for people. */
  readonly does: string;
  /** The settings that only some kinds have. */
  readonly takes?: readonly ("delay" | "status" | "host" | "by")[];
  /** The default of `percent`; absent: 100. */
  readonly percent?: number;
}

/** The kinds in the order in which help and docs list them. */
export const faultKinds = {
  "slow-start": { on: "start", does: "the port of a started container opens after the delay", takes: ["delay"] },
  "crash-on-start": { on: "start", does: "a started container is killed" },
  "crash-mid-request": { on: "request", does: "the container is killed before it responds (502)" },
  "out-of-memory": { on: "request", does: "the container is OOMKilled before it responds (502)" },
  "readiness-flap": { on: "check", does: "a ready pod becomes unready, and recovers", percent: 50 },
  "ignores-sigterm": { on: "stop", does: "the stop signal is not sent; SIGKILL follows" },
  "image-pull-failure": { on: "pull", does: "the pull of an image fails (ErrImagePull)" },
  latency: { on: "request", does: "the container gets the request after the delay", takes: ["delay"] },
  errors: { on: "request", does: "the response is an error, not the container's", takes: ["status"] },
  "connection-reset": { on: "request", does: "the client's connection is closed without a response" },
  "queue-full": { on: "request", does: "the queue-proxy rejects the request (503)" },
  "dns-failure": { on: "query", does: "the lookup of the host in a container fails", takes: ["host"] },
  "clock-jump": { does: "the session's clock jumps by this duration", takes: ["by"] },
} as const satisfies Readonly<Record<string, FaultKindRow>>;

/** The name of a fault; docs/faults.md lists them. */
export type FaultKind = keyof typeof faultKinds;

export function kindRow(kind: FaultKind): FaultKindRow {
  return faultKinds[kind];
}

/** The settings of a fault, with defaults. Durations have Go's format (`1m30s`). */
export interface FaultSpec {
  readonly kind: FaultKind;
  /** "" for a fault of the session. */
  readonly namespace: string;
  /** Whose pods it concerns; absent for a fault of the session. With `revision`: the Service of that Revision. */
  readonly service?: string | undefined;
  /** Absent: all Revisions of the Service. */
  readonly revision?: string | undefined;
  /** The same seed acts on the same events: the first, the third, … */
  readonly seed: number;
  /** The share of events on which it acts: above 0, at most 100. */
  readonly percent: number;
  /** It ends after it has acted this often. */
  readonly count?: number | undefined;
  /** It ends after this time, by the session's clock. */
  readonly duration?: string | undefined;
  readonly delay?: string | undefined;
  /** The HTTP status of `errors`. */
  readonly status?: number | undefined;
  /** The name that `dns-failure` concerns, in lower case. */
  readonly host?: string | undefined;
  /** How far `clock-jump` moves the clock; negative: back. */
  readonly by?: string | undefined;
}

/** An injected fault. */
export interface Fault extends FaultSpec {
  /** Unique in the session: `f1`, `f2`, … */
  readonly id: string;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly endsAt?: string | undefined;
  /** Absent while it is on. */
  readonly endedAt?: string | undefined;
  /** The events it has decided about, and those on which it has acted. */
  readonly events: number;
  readonly hits: number;
}

/** A Service, or a Revision with its Service. */
export interface FaultTarget {
  readonly namespace: string | undefined;
  readonly service: string | undefined;
  readonly revision?: string | undefined;
}

/** Returns true if the fault concerns pods of the target. */
export function concerns(fault: FaultSpec, { namespace, service, revision }: FaultTarget): boolean {
  if (fault.namespace !== namespace) return false;
  const isOfService = fault.service !== undefined && fault.service === service;
  if (fault.revision === undefined || revision === undefined) return isOfService;
  return fault.revision === revision;
}

/** Returns the settings of a fault that are not those of every fault, for example `status 503, 20% of requests`. */
export function settingsText(spec: FaultSpec): string {
  const { kind, percent, seed, count, duration, delay, status, host, by } = spec;
  const { on } = kindRow(kind);
  return [
    delay && `delay ${delay}`,
    status !== undefined && `status ${status}`,
    host && `host ${host}`,
    by && `by ${by}`,
    percent < 100 && `${percent}% of ${eventsText(on)}, seed ${seed}`,
    count !== undefined && `at most ${count}`,
    duration && `for ${duration}`,
  ]
    .filter(Boolean)
    .join(", ");
}

/** Returns a fault as one phrase: `f1 errors (status 503, 20% of requests, seed 1), hit 3 of 15 requests`. */
export function faultText(fault: Fault): string {
  const { id, kind, hits, events } = fault;
  const settings = settingsText(fault);
  return `${id} ${kind}${settings && ` (${settings})`}, hit ${hits} of ${events} ${eventsText(kindRow(kind).on)}`;
}

/** Returns what an affected object or response says about its cause: `injected fault f1 (errors)`. */
export const faultCause = ({ id, kind }: Pick<Fault, "id" | "kind">): string => `injected fault ${id} (${kind})`;

/** Returns the delay in ms; 0 without one. */
export function delayMsOf({ delay = "0" }: Pick<FaultSpec, "delay">): number {
  return msOf(delay);
}

/** Returns ms; 0 for a text that is not Go's. */
export function msOf(duration: string): number {
  const parsed = parseDuration(duration);
  return parsed.ok ? durationMs(parsed.value) : 0;
}

/** Returns the command that ends a fault. */
export const faultOffCommand = ({ id }: Pick<Fault, "id">): string => `knap fault off ${id}`;

const EVENTS: Readonly<Record<FaultEvent, string>> = {
  request: "requests",
  start: "starts",
  check: "readiness checks",
  stop: "stops",
  pull: "pulls",
  query: "DNS queries",
};

function eventsText(event: FaultEvent | undefined): string {
  return event === undefined ? "jumps" : EVENTS[event];
}
