// Serves the HTTP/2 connections of a listener with a node:http2 server that does not listen itself.
import { constants, createServer, type Http2Server, type Http2Session, type ServerHttp2Stream } from "node:http2";
import type { Duplex } from "node:stream";
import { type Handler, type RawHeaders, runHandler } from "../http/exchange.ts";
import { readTarget } from "../http/target.ts";
import { Http2Exchange, type Http2Request } from "./http2-exchange.ts";
import type { ListenerLimits, ListenerState } from "./listener-options.ts";

interface SessionUse {
  openStreams: number;
  /** When the session was opened, or its last stream closed (`performance.now()`). */
  idleSince: number;
}

export interface Http2Listener {
  readonly sessions: ReadonlyMap<Http2Session, SessionUse>;
  adopt(socket: Duplex): void;
}

const END_STREAM = 1;
/** Concurrent streams of a connection; Envoy's default. */
const MAX_STREAMS = 1024;
/** Streams that a client may reset at once, and per second after that. More is the attack "rapid reset". */
const RESET_BURST = 500;
const RESETS_PER_SECOND = 100;

export function makeHttp2Listener(state: ListenerState, handler: Handler, limits: ListenerLimits): Http2Listener {
  const server: Http2Server = createServer({
    maxHeaderListPairs: 10_000,
    settings: {
      maxHeaderListSize: limits.headerBytes,
      initialWindowSize: 1024 * 1024,
      maxConcurrentStreams: MAX_STREAMS,
    },
  });
  const sessions = new Map<Http2Session, SessionUse>();
  const serve = (request: Http2Request, onReset: () => void): void => {
    const { stream, headers } = request;
    const read = headers[":method"] === "CONNECT" ? { target: "" } : readTarget(String(headers[":path"] ?? "/"));
    if (read === undefined) {
      stream.respond({ ":status": 400 }, { endStream: true });
      return;
    }
    const exchange = new Http2Exchange({ ...request, target: read.target, state });
    stream.once("aborted", () => exchange.isAborted || onReset());
    runHandler(handler, exchange);
  };
  server.on("session", (session) => {
    const limit = new ResetLimit();
    const onReset = (): void => {
      if (!session.destroyed && limit.isExceeded())
        session.destroy(new Error("the client reset too many streams"), constants.NGHTTP2_ENHANCE_YOUR_CALM);
    };
    const use: SessionUse = { openStreams: 0, idleSince: performance.now() };
    session.on("stream", (stream, headers, flags, ...more: unknown[]) => {
      countStream(use, stream);
      stream.on("error", ignore);
      // Node emits the event after it has parsed all bytes of a read, which can include the reset.
      if (stream.aborted) onReset();
      else if (!stream.destroyed) {
        const rawHeaders = more[0] as RawHeaders;
        serve({ stream, headers, rawHeaders, ended: (flags & END_STREAM) !== 0 }, onReset);
      }
    });
    sessions.set(session, use);
    session.setLocalWindowSize(1024 * 1024);
    session.on("error", ignore);
    session.on("close", () => sessions.delete(session));
    // Streams in progress finish first.
    if (limits.keepAliveTimeoutMs > 0) session.setTimeout(limits.keepAliveTimeoutMs, () => session.close());
  });
  server.on("sessionError", ignore);
  return { sessions, adopt: (socket) => void server.emit("connection", socket) };
}

function countStream(use: SessionUse, stream: ServerHttp2Stream): void {
  if (stream.destroyed) return;
  use.openStreams += 1;
  stream.once("close", () => {
    use.openStreams -= 1;
    use.idleSince = performance.now();
  });
}

/** Limits the streams that the client of one connection resets before their responses are complete. */
class ResetLimit {
  #left = RESET_BURST;
  #countedAt = performance.now();

  /** Counts a reset. True if the client has reset too many streams. */
  isExceeded(): boolean {
    const now = performance.now();
    const refilled = this.#left + ((now - this.#countedAt) / 1000) * RESETS_PER_SECOND;
    this.#left = Math.min(RESET_BURST, refilled) - 1;
    this.#countedAt = now;
    return this.#left < 0;
  }
}

function ignore(): void {}
