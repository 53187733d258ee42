// Keeps the state of one request in a queue-proxy, as the forwarder and the breaker report it.
import type { Clock, Time } from "../../base/clock.ts";
import type { Exchange, RawHeaders, TakeBack } from "../http/exchange.ts";
import type { ForwardOptions } from "../http/forwarder.ts";
import type { BreakerWaiter } from "./breaker.ts";
import type { DeadlineEntry } from "./deadline-queue.ts";
import type { Drain } from "./drain.ts";
import type { RequestFacts } from "./request-facts.ts";

/** State that all requests of one queue-proxy share. */
export interface SharedState {
  readonly clock: Clock;
  readonly drain: Drain;
  /** See {@link ForwardOptions.delaysResponse}. */
  readonly delaysResponse: boolean;
}

/** One object is the forward options, breaker waiter and deadline entry, so that a request needs no closures. */
export class RequestContext implements ForwardOptions, BreakerWaiter, DeadlineEntry {
  readonly exchange: Exchange;
  readonly facts: RequestFacts;
  /** As sent to the container. */
  readonly headers: RawHeaders;
  readonly startedAt: Time;
  /** "taken back": another pod gets the request. */
  state: "waiting" | "forwarding" | "over" | "taken back" = "waiting";
  takeBack: TakeBack | undefined;
  /** A head, interim response or body byte was sent. Upgrades do not count (`pkg/http/handler/timeout.go`). */
  responded = false;
  upgraded = false;
  readonly delaysResponse: boolean;
  readonly dropsTrailers = true;
  lastWriteAt: Time | undefined;
  /** Body bytes sent to the client. */
  sentBytes = 0;
  /** The client's status; 200 until another is known, as in Go's server. */
  status = 200;
  forwardedAt: Time | undefined;
  /** Time and status of the container's response head. */
  headAt: Time | undefined;
  headStatus: number | undefined;
  /** The container's response broke off, and so did the client's. */
  truncated = false;
  /** Body bytes sent to the container. */
  requestBytes = 0;
  /** Settles the wait for a slot. */
  admit: ((admitted: boolean) => void) | undefined;
  /** Cancels the forward. */
  cancellable: { cancel(): void } | undefined;
  start: StartDeadline | undefined;
  before: BreakerWaiter | undefined = undefined;
  after: BreakerWaiter | undefined = undefined;
  dueAt: Time = Number.NEGATIVE_INFINITY;
  earlier: DeadlineEntry | undefined = undefined;
  later: DeadlineEntry | undefined = undefined;
  readonly #shared: SharedState;

  constructor(shared: SharedState, exchange: Exchange, facts: RequestFacts, headers: RawHeaders, now: Time) {
    this.#shared = shared;
    this.delaysResponse = shared.delaysResponse;
    this.exchange = exchange;
    this.facts = facts;
    this.headers = headers;
    this.startedAt = now;
  }

  get canResend(): boolean {
    return this.takeBack !== undefined;
  }

  admitted(): void {
    this.state = "forwarding";
    this.admit?.(true);
  }

  onCancellable(forward: { cancel(): void }): void {
    this.cancellable = forward;
  }

  onHead(status: number, headers: RawHeaders): RawHeaders {
    this.status = status;
    this.headStatus = status;
    if (status === 101) {
      this.upgraded = true;
      this.#shared.drain.upgrade();
    }
    this.headAt = this.#shared.clock.now();
    this.exchange.timing.firstByte ??= this.headAt;
    return headers;
  }

  onRequestBody(bytes: number): void {
    this.requestBytes += bytes;
  }

  onActivity(bodyBytes: number): void {
    this.responded = true;
    this.sentBytes += bodyBytes;
    this.lastWriteAt = this.#shared.clock.now();
  }
}

/** The response-start deadline of a request. */
export class StartDeadline implements DeadlineEntry {
  readonly context: RequestContext;
  dueAt: Time = Number.NEGATIVE_INFINITY;
  earlier: DeadlineEntry | undefined = undefined;
  later: DeadlineEntry | undefined = undefined;

  constructor(context: RequestContext) {
    this.context = context;
  }
}
