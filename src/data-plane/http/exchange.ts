// Defines Exchange: one request with its response, independent of the HTTP version. Ingress, activator and queue-proxy
// pass it on.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex, Readable, Writable } from "node:stream";
import type { Time } from "../../base/clock.ts";
import { errorText } from "../../base/errors.ts";

/** Names and values in turn, in the order and letter case of the connection, with repeats. */
export type RawHeaders = readonly string[];
export type ListenerKind = "public" | "local" | "tls";

/** Times of a request in ms of the emulator's clock, for the cold-start waterfall. Each component sets its fields. */
export interface RequestTiming {
  arrived?: Time;
  /** When the activator received the request, and when the activator chose a pod. */
  queued?: Time;
  assigned?: Time;
  /** When the queue-proxy's breaker admitted the request. */
  admitted?: Time;
  firstByte?: Time;
  revision?: string;
  pod?: string;
  /** Set by the listener when the head of the response is sent. */
  status?: number;
}

/** The stream of the response body. HTTP/1 sends the head with the first byte, at the end, or on `flushHeaders`. */
export type ResponseBody = Writable & { flushHeaders?(): void };

/** A connection whose client asked for a protocol upgrade. */
export interface UpgradeSocket {
  readonly socket: Duplex;
  /** Bytes that arrived directly after the request. */
  readonly head: Buffer;
  /** Stops the listener from watching the socket for its end. Call it before reading the socket. */
  unwatch(): void;
}

export interface Exchange {
  readonly method: string;
  /** The request target (HTTP/2: `:path`) as sent, not normalised. An absolute form is split into this and `host`. */
  readonly target: string;
  readonly host: string;
  readonly version: "1.0" | "1.1" | "2";
  readonly headers: RawHeaders;
  /** The address of the client or of the previous component, without port. */
  readonly peer: string;
  readonly listener: ListenerKind;
  readonly body: Readable;
  /** False: `body` need not be read. */
  readonly hasBody: boolean;
  /** Complete only after `body` has ended. */
  requestTrailers(): RawHeaders;
  /** Set if the client asked for an upgrade (HTTP/1.1 only). */
  readonly upgrade?: UpgradeSocket;
  /** Sends an interim response (1xx except 101). */
  sendInterim(status: number, headers: RawHeaders): void;
  /**
   * Sends the head once and returns the stream of the body. The end of the stream ends the response. The exchange sets
   * the hop-by-hop headers. `empty`: neither body bytes nor trailers follow (HTTP/2 ends the stream with the head).
   * Status 101 returns `upgrade.socket`.
   */
  start(status: number, reason: string, headers: RawHeaders, empty?: boolean): ResponseBody;
  /** Sets the trailers. Call it before the body ends. */
  trailers(headers: RawHeaders): void;
  /** Closes the connection (HTTP/2: resets the stream), so that the client sees that the response is incomplete. */
  abort(why: string): void;
  readonly started: boolean;
  /** Runs the callback once when the exchange ends for any reason, or at once if it has ended. */
  onClosed(run: () => void): void;
  readonly timing: RequestTiming;
  /** The node:http objects of an HTTP/1 exchange; absent for HTTP/2. */
  readonly native?: { readonly request: IncomingMessage; readonly response: ServerResponse } | undefined;
  /**
   * Set by the activator: the queue-proxy counts its deadlines from `since`, so they include the wait in the activator,
   * and replies with `text` on timeout.
   */
  readonly timers?: { readonly since: Time; readonly text: string };
}

/** Resolves when the exchange ends. Never rejects: the handler replies to failures or aborts. */
export type Handler = (exchange: Exchange) => Promise<void>;

/** Runs the handler. An exception aborts this exchange and nothing else. */
export function runHandler(handler: Handler, exchange: Exchange): void {
  const abort = (fault: unknown): void => exchange.abort(errorText(fault));
  try {
    handler(exchange).catch(abort);
  } catch (fault) {
    abort(fault);
  }
}

/** See {@link PodHandler}. `wasSent`: the container may have received the request, but its repetition is harmless. */
export type TakeBack = (wasSent: boolean) => boolean;

/**
 * Handles the requests of one pod. If the container cannot be reached and the body is unread, calls `takeBack`: if it
 * returns true, the caller sends the request to another pod, and the handler makes no reply.
 */
export type PodHandler = (exchange: Exchange, takeBack?: TakeBack) => Promise<void>;
