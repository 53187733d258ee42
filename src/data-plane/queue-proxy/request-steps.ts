// Waits for a slot, forwards the request, replies to failures and ends requests at their deadlines.
import type { PodAddress } from "../../base/address.ts";
import type { Time } from "../../base/clock.ts";
import { sendReplyAfterBody } from "../http/after-body.ts";
import {
  goErrorText,
  type LocalReply,
  makeBadGateway,
  makeTimeout,
  QUEUE_FULL,
  REQUEST_TIMEOUT_TEXT,
  sendReply,
} from "../http/errors.ts";
import type { Forwarder, ForwardOutcome } from "../http/forwarder.ts";
import type { Breaker } from "./breaker.ts";
import type { QueueProxyConfig } from "./config.ts";
import { DeadlineQueue } from "./deadline-queue.ts";
import { type RequestContext, type SharedState, StartDeadline } from "./request-context.ts";

export interface RequestStepsOptions {
  readonly shared: SharedState;
  readonly breaker: Breaker;
  readonly config: QueueProxyConfig;
  readonly upstream: PodAddress;
}

export class RequestSteps {
  readonly #shared: SharedState;
  readonly #breaker: Breaker;
  readonly #upstream: PodAddress;
  readonly #totals: DeadlineQueue<RequestContext>;
  readonly #starts: DeadlineQueue<StartDeadline> | undefined;
  readonly #idleMs: number;

  constructor({ shared, breaker, config, upstream }: RequestStepsOptions) {
    const { clock } = shared;
    this.#shared = shared;
    this.#breaker = breaker;
    this.#upstream = upstream;
    this.#totals = new DeadlineQueue(clock, config.timeoutSeconds * 1000, (context) => this.#timeOut(context));
    const startMs = config.responseStartTimeoutSeconds * 1000;
    if (startMs > 0) {
      this.#starts = new DeadlineQueue(clock, startMs, ({ context }) => {
        if (!context.responded) this.#timeOut(context);
      });
    }
    this.#idleMs = config.idleTimeoutSeconds * 1000;
  }

  close(): void {
    this.#totals.close();
    this.#starts?.close();
  }

  /** `since`: when the request arrived at the first component with deadlines, the activator or this one. */
  startDeadlines(context: RequestContext, since: Time): void {
    this.#totals.add(context, since);
    if (this.#starts !== undefined) {
      context.start = new StartDeadline(context);
      this.#starts.add(context.start, since);
    }
    if (this.#idleMs > 0) this.#watchIdle(context, since + this.#idleMs);
  }

  stopDeadlines(context: RequestContext): void {
    this.#totals.remove(context);
    if (context.start !== undefined) this.#starts?.remove(context.start);
  }

  /** Resolves to true with a slot, to false if the client leaves or a deadline passes first. */
  waitForSlot(context: RequestContext): Promise<boolean> {
    context.exchange.onClosed(() => this.#abandon(context));
    return new Promise((resolve) => {
      context.admit = resolve;
    });
  }

  rejectFull(context: RequestContext): void {
    context.status = QUEUE_FULL.status;
    reply(context, QUEUE_FULL);
  }

  /** Forwards the request and replies if the container sent no whole response. */
  async forward(context: RequestContext, forwarder: Forwarder): Promise<void> {
    context.state = "forwarding";
    const now = this.#shared.clock.now();
    context.forwardedAt = now;
    context.exchange.timing.admitted ??= now;
    const outcome = await forwarder.forward(context.exchange, context);
    if (outcome.kind === "unreachable") {
      if (outcome.resend !== "no" && context.takeBack?.(outcome.resend === "replay")) {
        context.state = "taken back";
        return;
      }
      context.status = 502;
      reply(context, makeBadGateway(goErrorText(outcome.code, outcome.message, this.#upstream)));
    } else if (outcome.kind === "cancelled") endCancelled(context, outcome);
    else if (outcome.kind === "truncated") context.truncated = true;
    context.state = "over";
  }

  /** The limit counts from the last write of a response to the client. */
  #watchIdle(context: RequestContext, at: Time): void {
    const { clock } = this.#shared;
    clock.at(at, () => {
      if (context.state === "over" || context.state === "taken back") return;
      const next = context.lastWriteAt === undefined ? at : context.lastWriteAt + this.#idleMs;
      if (next > clock.now()) this.#watchIdle(context, next);
      else this.#timeOut(context);
    });
  }

  #timeOut(context: RequestContext): void {
    if (context.state === "waiting") {
      this.#leaveQueue(context, 504);
      reply(context, makeTimeout(timeoutText(context)));
      context.admit?.(false);
    } else if (context.state === "forwarding") context.cancellable?.cancel();
  }

  #abandon(context: RequestContext): void {
    if (context.state !== "waiting") return;
    this.#leaveQueue(context, 500);
    context.admit?.(false);
  }

  #leaveQueue(context: RequestContext, status: number): void {
    context.status = status;
    context.state = "over";
    this.#breaker.leave(context);
  }
}

function reply(context: RequestContext, made: LocalReply): void {
  if (context.delaysResponse) sendReplyAfterBody(context.exchange, made, context.requestBytes);
  else sendReply(context.exchange, made);
}

/** In Knative the activator's timers start and expire first, so the client gets its text. */
function timeoutText({ exchange }: RequestContext): string {
  return exchange.timers?.text ?? REQUEST_TIMEOUT_TEXT;
}

/** Replies 504, or ends a begun response with the text if its declared length allows that. */
function endCancelled(context: RequestContext, outcome: Extract<ForwardOutcome, { kind: "cancelled" }>): void {
  const { body, bytesLeft } = outcome;
  const { exchange, upgraded } = context;
  const text = timeoutText(context);
  if (body === undefined) {
    context.status = 504;
    reply(context, makeTimeout(text));
  } else if (upgraded) exchange.abort("request timeout");
  else {
    // An HTTP/2 stream ends normally even if the declared length is not met.
    const whole = exchange.native === undefined || bytesLeft === text.length || bytesLeft === Number.POSITIVE_INFINITY;
    if (bytesLeft >= text.length) body.write(text);
    if (whole) body.end();
    else exchange.abort("request timeout");
  }
}
