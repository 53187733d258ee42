// Makes a request fail where its container would fail: delays it, replaces the response, or loses both.
import { Writable } from "node:stream";
import type { Clock } from "../../base/clock.ts";
import { sendReplyAfterBody } from "../http/after-body.ts";
import { makeReply, sendReply } from "../http/errors.ts";
import type { Exchange, ResponseBody } from "../http/exchange.ts";
import { ForwardedExchange } from "../http/forwarded-exchange.ts";
import type { Forwarder, ForwardOptions, ForwardOutcome } from "../http/forwarder.ts";

/** What happens to one request. */
export interface RequestFault {
  /** How long the request waits in its slot before the container gets it. */
  readonly delayMs: number;
  /** Absent: the container responds. */
  readonly end?: RequestEnd | undefined;
}

export type RequestEnd =
  /** The breaker rejects the request. */
  | { readonly kind: "queue full" }
  | { readonly kind: "error"; readonly status: number; readonly text: string }
  | { readonly kind: "reset"; readonly text: string }
  /** Resolves when the container has got its signal. Never rejects. */
  | { readonly kind: "crash"; readonly crash: () => Promise<void> };

/** A container that has not begun its response is killed this long after it got the request. */
const CRASH_AFTER_MS = 100;
/** What the client of a container that has ended reads. */
const ENDED: ForwardOutcome = { kind: "unreachable", code: "EOF", message: "EOF", resend: "no" };

/** Returns a forwarder for one request that has the fault. */
export function withFault(forwarder: Forwarder, { delayMs, end }: RequestFault, clock: Clock): Forwarder {
  return {
    forward: async (exchange, options) => {
      const ended = delayMs > 0 ? await hold(exchange, options, clock, delayMs) : undefined;
      if (ended) return ended;
      if (end?.kind === "error") return replyError(exchange, options, end);
      if (end?.kind === "reset") {
        exchange.abort(end.text);
        return { kind: "truncated", status: 502 };
      }
      if (end?.kind === "crash") return crashDuring(forwarder, { exchange, options, clock, crash: end.crash });
      return forwarder.forward(exchange, options);
    },
    close: () => forwarder.close(),
  };
}

/** Resolves with undefined after the time, or with the outcome if the request ends before. */
function hold(
  exchange: Exchange,
  options: ForwardOptions,
  clock: Clock,
  ms: number,
): Promise<ForwardOutcome | undefined> {
  return new Promise((resolve) => {
    const timer = clock.at(clock.now() + ms, () => resolve(undefined));
    const finish = (outcome: ForwardOutcome): void => {
      timer[Symbol.dispose]();
      resolve(outcome);
    };
    exchange.onClosed(() => finish({ kind: "abandoned" }));
    options.onCancellable?.({ cancel: () => finish(cancelled()) });
  });
}

function replyError(
  exchange: Exchange,
  options: ForwardOptions,
  { status, text }: Extract<RequestEnd, { kind: "error" }>,
): ForwardOutcome {
  const reply = makeReply(status, text);
  options.onHead?.(status, reply.headers);
  options.onActivity?.(reply.body.length);
  if (options.delaysResponse) sendReplyAfterBody(exchange, reply);
  else sendReply(exchange, reply);
  return { kind: "done", status };
}

interface CrashingRequest {
  readonly exchange: Exchange;
  readonly options: ForwardOptions;
  readonly clock: Clock;
  readonly crash: () => Promise<void>;
}

/** Sends the request to the container, and drops what the container responds. */
async function crashDuring(
  forwarder: Forwarder,
  { exchange, options, clock, crash }: CrashingRequest,
): Promise<ForwardOutcome> {
  let crashed: Promise<void> | undefined;
  const crashOnce = (): void => {
    crashed ??= crash();
  };
  const timer = clock.at(clock.now() + CRASH_AFTER_MS, crashOnce);
  const outcome = await forwarder.forward(new LostExchange(exchange), {
    headers: options.headers,
    dropsTrailers: options.dropsTrailers ?? false,
    onHead: (_status, head) => {
      crashOnce();
      return head;
    },
    onCancellable: (forward) => options.onCancellable?.(forward),
    onRequestBody: (bytes) => options.onRequestBody?.(bytes),
  });
  timer[Symbol.dispose]();
  if (outcome.kind === "cancelled") return cancelled();
  if (outcome.kind === "abandoned" || crashed === undefined) return outcome;
  await crashed;
  return ENDED;
}

const cancelled = (): ForwardOutcome => ({ kind: "cancelled", bytesLeft: Number.POSITIVE_INFINITY });

/** The client's exchange without its response: nothing that the container sends reaches the client. */
class LostExchange extends ForwardedExchange {
  #started = false;

  constructor(client: Exchange) {
    super(client, { headers: client.headers, peer: client.peer, upgrades: false });
  }

  override get native(): undefined {
    return undefined;
  }

  override get started(): boolean {
    return this.#started;
  }

  override start(): ResponseBody {
    this.#started = true;
    return new Writable({ write: (_chunk, _encoding, done) => done() });
  }

  override sendInterim(): void {}

  override trailers(): void {}

  override abort(): void {}
}
