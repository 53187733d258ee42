// One ordinary request on its way through a queue-proxy: it waits for a slot, is forwarded, and is cut by whichever timer ends first.

import type { PodAddress } from "../../base/address.ts";
import type { Time } from "../../base/clock.ts";
import { sendReplyAfterBody } from "../http/after-body.ts";
import { goErrorText, type LocalReply, makeBadGateway, makeTimeout, QUEUE_FULL, sendReply } from "../http/errors.ts";
import type { Exchange, RawHeaders } from "../http/exchange.ts";
import type { ForwardOptions, ForwardOutcome } from "../http/forwarder.ts";
import type { BreakerWaiter } from "./breaker.ts";
import type { DeadlineEntry } from "./deadline-queue.ts";
import type { RequestFacts } from "./request-facts.ts";

/** What a context needs of its queue-proxy; nothing of it changes while requests run. */
export interface RequestContextOwner {
  now(): Time;
  /** Hands the request to the container. */
  dispatch(context: RequestContext): Promise<ForwardOutcome>;
  readonly upstream: PodAddress;
  readonly timeoutText: string;
  /** Not full duplex: see {@link ForwardOptions.holdsResponse}. */
  readonly holdsResponse: boolean;
  /** Takes it out of the breaker's line. */
  leaveLine(context: RequestContext): void;
  /** The request has become a connection of another protocol. */
  onUpgraded(): void;
}

type State = "waiting" | "forwarding" | "over";

/** Also the options of its forward, so that no closure is made per request. */
export class RequestContext implements ForwardOptions, BreakerWaiter, DeadlineEntry {
  readonly exchange: Exchange;
  readonly facts: RequestFacts;
  readonly headers: RawHeaders;
  readonly startedAt: Time;
  state: State = "waiting";
  /** A head, an interim answer or a body byte has been sent; an upgrade does not count (`pkg/http/handler/timeout.go`). */
  responded = false;
  upgraded = false;
  readonly holdsResponse: boolean;
  readonly dropsTrailers = true;
  lastWriteAt: Time | undefined;
  /** Body bytes for the client. */
  sentBytes = 0;
  /** What the client is answered; as in Go's server 200 as long as nobody has said otherwise. */
  status = 200;
  forwardedAt: Time | undefined;
  /** When the container's own answer began, and how. */
  headAt: Time | undefined;
  headStatus: number | undefined;
  /** The answer was cut short because the container's was. */
  truncated = false;
  /** Body bytes that went to the container. */
  requestBytes = 0;
  before: BreakerWaiter | undefined = undefined;
  after: BreakerWaiter | undefined = undefined;
  dueAt: Time = Number.NEGATIVE_INFINITY;
  earlier: DeadlineEntry | undefined = undefined;
  later: DeadlineEntry | undefined = undefined;
  start: StartDeadline | undefined;
  readonly #owner: RequestContextOwner;
  #cancellable: { cancel(): void } | undefined;
  #admit: ((admitted: boolean) => void) | undefined;

  constructor(owner: RequestContextOwner, exchange: Exchange, facts: RequestFacts, headers: RawHeaders, now: Time) {
    this.#owner = owner;
    this.holdsResponse = owner.holdsResponse;
    this.exchange = exchange;
    this.facts = facts;
    this.headers = headers;
    this.startedAt = now;
  }

  /** Resolves to whether there is a slot; false when the client left or a timer ended the wait. */
  waitInLine(): Promise<boolean> {
    this.exchange.onClosed(() => this.#giveUp());
    return new Promise((resolve) => {
      this.#admit = resolve;
    });
  }

  admitted(): void {
    this.state = "forwarding";
    this.#admit?.(true);
  }

  refuse(): void {
    this.status = QUEUE_FULL.status;
    this.#reply(QUEUE_FULL);
  }

  /** Forwards and answers whatever comes of it. */
  async forward(): Promise<void> {
    this.state = "forwarding";
    const now = this.#owner.now();
    this.forwardedAt = now;
    this.exchange.marks.admitted ??= now;
    const outcome = await this.#owner.dispatch(this);
    switch (outcome.kind) {
      case "unreachable": {
        const text = goErrorText(outcome.code, outcome.message, this.#owner.upstream);
        this.status = 502;
        this.#reply(makeBadGateway(text));
        break;
      }
      case "cancelled":
        this.#cut(outcome);
        break;
      case "truncated":
        this.truncated = true;
        break;
      default:
        break;
    }
    this.state = "over";
  }

  /** A timer ended it. */
  due(): void {
    if (this.state === "waiting") {
      this.status = 504;
      this.state = "over";
      this.#owner.leaveLine(this);
      this.#reply(makeTimeout(this.#timeoutText));
      this.#admit?.(false);
    } else if (this.state === "forwarding") this.#cancellable?.cancel();
  }

  onCancellable(forward: { cancel(): void }): void {
    this.#cancellable = forward;
  }

  onHead(status: number, headers: RawHeaders): RawHeaders {
    this.status = status;
    this.headStatus = status;
    if (status === 101) {
      this.upgraded = true;
      this.#owner.onUpgraded();
    }
    this.headAt = this.#owner.now();
    this.exchange.marks.firstByte ??= this.headAt;
    return headers;
  }

  onRequestBody(bytes: number): void {
    this.requestBytes += bytes;
  }

  onActivity(bodyBytes: number): void {
    this.responded = true;
    this.sentBytes += bodyBytes;
    this.lastWriteAt = this.#owner.now();
  }

  /** The clock that started first ends first, and its text is what the client reads. */
  get #timeoutText(): string {
    return this.exchange.timers?.text ?? this.#owner.timeoutText;
  }

  #reply(reply: LocalReply): void {
    if (this.holdsResponse) sendReplyAfterBody(this.exchange, reply, this.requestBytes);
    else sendReply(this.exchange, reply);
  }

  #giveUp(): void {
    if (this.state !== "waiting") return;
    this.state = "over";
    this.status = 500;
    this.#owner.leaveLine(this);
    this.#admit?.(false);
  }

  /** Nothing sent: 504. Half sent: the text is appended where it fits, and the end is clean only where no length was promised. */
  #cut({ body, room }: Extract<ForwardOutcome, { kind: "cancelled" }>): void {
    const text = this.#timeoutText;
    if (body === undefined) {
      this.status = 504;
      this.#reply(makeTimeout(text));
    } else if (this.upgraded) this.exchange.abort("request timeout");
    else {
      const fits = room >= text.length;
      // An HTTP/2 stream ends as if it were whole, whatever length was promised.
      const whole = this.exchange.native === undefined || room === text.length || room === Number.POSITIVE_INFINITY;
      if (fits) body.write(text);
      if (whole) body.end();
      else this.exchange.abort("request timeout");
    }
  }
}

/** The response-start timer of a context: spent once anything has been sent. */
export class StartDeadline implements DeadlineEntry {
  dueAt: Time = Number.NEGATIVE_INFINITY;
  earlier: DeadlineEntry | undefined = undefined;
  later: DeadlineEntry | undefined = undefined;
  readonly #context: RequestContext;

  constructor(context: RequestContext) {
    this.#context = context;
  }

  due(): void {
    if (!this.#context.responded) this.#context.due();
  }
}
