// One request and its answer, as ingress, activator and queue-proxy hand it along: whatever the wire protocol was, they see this shape.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex, Readable, Writable } from "node:stream";
import type { Time } from "../../base/clock.ts";

/** name, value, name, value, …: order, letter case and repeats as on the wire. */
export type RawHeaders = readonly string[];
export type ListenerKind = "public" | "local" | "tls";

/** The cold-start waterfall: when each thing first happened, in ms of the emulator's clock. Written by the hop that knows. */
export interface Marks {
  arrived?: Time;
  /** Waited in the activator from … to. */
  queued?: Time;
  assigned?: Time;
  /** Passed the queue-proxy's breaker. */
  admitted?: Time;
  firstByte?: Time;
  revision?: string;
  pod?: string;
}

/** Where the body of an answer goes. HTTP/1 keeps the head back until the first byte, the end, or `flushHeaders`. */
export type ResponseBody = Writable & { flushHeaders?(): void };

/** A connection that asks to become another one. */
export interface UpgradeSocket {
  readonly socket: Duplex;
  /** What came right behind the request. */
  readonly head: Buffer;
  /** The door watches it for its end, until somebody else is about to read it and says so. */
  unwatch(): void;
}

export interface Exchange {
  readonly method: string;
  /** As on the request line (or `:path`): dots, slashes and escapes are never normalised. An absolute form is split into this and `host`. */
  readonly target: string;
  readonly host: string;
  readonly version: "1.0" | "1.1" | "2";
  readonly headers: RawHeaders;
  /** The address of the client, without port. */
  readonly peer: string;
  readonly listener: ListenerKind;
  readonly body: Readable;
  /** False: the request ends with its head, and nobody needs to read `body`. */
  readonly hasBody: boolean;
  /** Complete only after `body` has ended. */
  requestTrailers(): RawHeaders;
  /** Present when the client asked for an upgrade (HTTP/1.1 only). */
  readonly upgrade?: UpgradeSocket;
  /** Sends an interim answer (1xx, not 101). */
  sendInterim(status: number, headers: RawHeaders): void;
  /**
   * Sends the head, once; the body goes into the returned stream, whose end ends the answer. Hop-by-hop headers are the exchange's
   * business. `empty`: no body byte and no trailer follows (HTTP/2 then ends with the head). Status 101 hands over `upgrade.socket`.
   */
  start(status: number, reason: string, headers: RawHeaders, empty?: boolean): ResponseBody;
  /** Sets trailers, before the body ends. */
  trailers(headers: RawHeaders): void;
  /** Cuts the connection (HTTP/2: resets the stream), so that the client sees the answer was not whole. */
  abort(why: string): void;
  readonly started: boolean;
  /** Runs once when the exchange is over, however it ended; at once if it is. */
  onClosed(run: () => void): void;
  readonly marks: Marks;
  /** What lies behind an HTTP/1 exchange, for this room alone; absent for HTTP/2. */
  readonly native?: { readonly request: IncomingMessage; readonly response: ServerResponse } | undefined;
  /**
   * The hop before (an activator) times the same request by the same limits: they count from `since`, so its time spent waiting counts, and
   * it is always the first to be due, so `text` is what the client reads.
   */
  readonly timers?: { readonly since: Time; readonly text: string };
}

/** Resolves when the exchange is over. Rejects never: what goes wrong is answered or aborted by the handler itself. */
export type Handler = (exchange: Exchange) => Promise<void>;
